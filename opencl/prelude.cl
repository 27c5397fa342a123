// What the dialect's names mean in OpenCL C. Printed before every kernel, after the macros of its variant.
#ifndef PLAIN
#define PLAIN 0
#endif
#if HAS_F64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif
#define FLOAT2(a, b) ((float2)(a, b))
#define FLOAT4(a, b, c, d) ((float4)(a, b, c, d))
#define UINT2(a, b) ((uint2)(a, b))
#define UINT4(a, b, c, d) ((uint4)(a, b, c, d))
#define INT2(a, b) ((int2)(a, b))
#define INT4(a, b, c, d) ((int4)(a, b, c, d))

#define F32(v) ((float)(v))
#define I32(v) ((int)(v))
#define U32(v) ((uint)(v))
#define PAIR(v) ((uint2)((uint)(v), 0u))
#define BITS_OF(v) as_uint(v)
#define FLOAT_OF(v) as_float(v)
#if HAS_F64
#define F64(v) ((double)(v))
#define F64_OF_WORDS(low, high) as_double((ulong)(low) | (ulong)(high) << 32)
#define F64_LOW(v) ((uint)as_ulong(v))
#define F64_HIGH(v) ((uint)(as_ulong(v) >> 32))
#endif
#if HAS_I64
#define int64 long
#define uint64 ulong
#define I64(v) ((long)(v))
#define U64(v) ((ulong)(v))
#define I64_OF_WORDS(low, high) as_long((ulong)(low) | (ulong)(high) << 32)
#define I64_LOW(v) ((uint)(v))
#define I64_HIGH(v) ((uint)((ulong)(v) >> 32))
#endif

#if IS_F64
#define ARITH2 double2
#define ARITH2_OF(a, b) ((double2)(a, b))
#else
#define ARITH2 float2
#define ARITH2_OF(a, b) ((float2)(a, b))
#endif

#if HAS_SUBGROUPS
#pragma OPENCL EXTENSION cl_khr_subgroups : enable
#define SUBGROUP_SIZE get_sub_group_size()
#define SUBGROUP_LANE get_sub_group_local_id()
#define SUBGROUP_SUM(v) sub_group_reduce_add(v)
#define SUBGROUP_MAX(v) sub_group_reduce_max(v)
#define SUBGROUP_SHUFFLE(v, lane) sub_group_shuffle(v, lane)
#endif

#define EXACT
#define UNROLL _Pragma("unroll")
#define LOOP
#define BARRIER barrier(CLK_LOCAL_MEM_FENCE)
#define LANE ((uint)get_local_id(0))
#define VENDOR_FLOOR(v) floor(v)
#define VENDOR_SQRT(v) sqrt(v)
#define VENDOR_POPCOUNT(v) ((uint)popcount(v))
#define VENDOR_TOP_BIT(v) (31u - clz((uint)(v)))
#define s_mul_high(a, b) mul_hi((uint)(a), (uint)(b))

#define s_control(word) (launch[word])
#if WIDE
#define s_control_idx(word) ((ulong)launch[word] | (ulong)launch[(word) + 1u] << 32)
#else
#define s_control_idx(word) (launch[word])
#endif

// The element offset of flat index i of the view whose extents and strides begin at these control words. The outermost axis, often the only
// one, needs no division; without axes its stride is 0.
static IDX s_view_offset(__global const uint *launch, uint extents, uint strides, uint rank, IDX i)
{
    IDX offset = 0;
    for (uint d = rank; d > 1u; d--) {
        IDX extent = s_control_idx(extents + 2u * d - 2u);
        IDX outer = i / extent;
        offset += (i - outer * extent) * s_control_idx(strides + 2u * d - 2u);
        i = outer;
    }
    return offset + i * s_control_idx(strides);
}

// What the dialect's names mean in GLSL. Printed before every kernel, after the macros of its variant.
#define float2 vec2
#define float4 vec4
#define uint2 uvec2
#define uint4 uvec4
#define int2 ivec2
#define int4 ivec4
#define FLOAT2(a, b) vec2(a, b)
#define FLOAT4(a, b, c, d) vec4(a, b, c, d)
#define UINT2(a, b) uvec2(a, b)
#define UINT4(a, b, c, d) uvec4(a, b, c, d)
#define INT2(a, b) ivec2(a, b)
#define INT4(a, b, c, d) ivec4(a, b, c, d)

#define F32(v) float(v)
#define I32(v) int(v)
#define U32(v) uint(v)
#define PAIR(v) uvec2(uint(v), 0u)
#define BITS_OF(v) floatBitsToUint(v)
#define FLOAT_OF(v) uintBitsToFloat(v)
#if HAS_F64
#define F64(v) double(v)
#define F64_OF_WORDS(low, high) packDouble2x32(uvec2(low, high))
#define F64_LOW(v) unpackDouble2x32(v).x
#define F64_HIGH(v) unpackDouble2x32(v).y
#endif
#if HAS_I64
#define int64 int64_t
#define uint64 uint64_t
#define I64(v) int64_t(v)
#define U64(v) uint64_t(v)
#define I64_OF_WORDS(low, high) packInt2x32(ivec2(int(low), int(high)))
#define I64_LOW(v) uint(unpackInt2x32(v).x)
#define I64_HIGH(v) uint(unpackInt2x32(v).y)
#endif

#if HAS_F64
#define double2 dvec2
#endif
#if IS_F64
#define ARITH2 dvec2
#define ARITH2_OF(a, b) dvec2(a, b)
#else
#define ARITH2 vec2
#define ARITH2_OF(a, b) vec2(a, b)
#endif

#if HAS_SUBGROUPS
#define SUBGROUP_SIZE gl_SubgroupSize
#define SUBGROUP_LANE gl_SubgroupInvocationID
#define SUBGROUP_SUM(v) subgroupAdd(v)
#define SUBGROUP_MAX(v) subgroupMax(v)
#define SUBGROUP_SHUFFLE(v, lane) subgroupShuffle(v, lane)
#endif

#define EXACT precise
#define UNROLL [[unroll]]
#define LOOP [[dont_unroll]]
#define BARRIER barrier()
#define LANE gl_LocalInvocationIndex
#define VENDOR_FLOOR(v) floor(v)
#define VENDOR_SQRT(v) sqrt(v)
#define VENDOR_POPCOUNT(v) uint(bitCount(v))
#define VENDOR_TOP_BIT(v) uint(findMSB(v))

// The upper 32 bits of a product.
uint s_mul_high(uint a, uint b)
{
    uint high, low;
    umulExtended(a, b, high, low);
    return high;
}

layout(constant_id = 1) const uint PLAIN = 0u;
layout(push_constant) uniform LAUNCH { uint control_word; };
layout(set = 0, binding = 0) readonly buffer CONTROL { uint control[]; };

uint s_control(uint word) { return control[control_word + word]; }
#if WIDE
IDX s_control_idx(uint word) { return packUint2x32(uvec2(s_control(word), s_control(word + 1u))); }
layout(buffer_reference, std430, buffer_reference_align = 4) buffer WORDS { uint word; };
#else
IDX s_control_idx(uint word) { return s_control(word); }
#endif

// False when the launch's flag word says that it does nothing.
bool s_gate_open()
{
    uint gate = s_control(0u);
    return gate == 0u || control[gate] != 0u;
}

// The element offset of flat index i of the view whose extents and strides begin at these control words. The outermost axis, often the only
// one, needs no division; without axes its stride is 0.
IDX s_view_offset(uint extents, uint strides, uint rank, IDX i)
{
    IDX offset = IDX(0u);
    for (uint d = rank; d > 1u; d--) {
        IDX extent = s_control_idx(extents + 2u * d - 2u);
        IDX outer = i / extent;
        offset += (i - outer * extent) * s_control_idx(strides + 2u * d - 2u);
        i = outer;
    }
    return offset + i * s_control_idx(strides);
}

// A C++17 program over the public headers: shapes, lists, options and handles are usable from C++.
#include <cstdio>
#include <memory>
#include <string_view>

#include <sabir/backend.h>
#include <sabir/sabir.h>

namespace {

struct Release {
    void operator()(sabir_context *context) const { sabir_context_release(context); }
};

bool failed(const char *what)
{
    std::fprintf(stderr, "%s: %s\n", what, sabir_last_message());
    return true;
}

} // namespace

int main()
{
    sabir_context_options options{};
    options.size = sizeof options;
    options.cache_directory = "";
    sabir_context *raw = nullptr;
    if (sabir_context_create(&options, &raw) != SABIR_OK) return failed("context");
    const std::unique_ptr<sabir_context, Release> context{raw};

    const sabir_shape shape = SABIR_SHAPE(2, 3);
    const sabir_ints axes = SABIR_INTS(1);
    if (shape.rank != 2 || shape.extents[1] != 3 || axes.count != 1 || axes.values[0] != 1) return failed("shape");
    if (std::string_view{sabir_status_name(SABIR_OK)} != "SABIR_OK") return failed("status");
    if (sabir_type_size(SABIR_F16) != 2) return failed("type");
    return 0;
}

"""The offline compilers. Each has a name, targets, `version` (set once it was found) and

missing(target)  why rows of this target cannot be made here; None where they can
batches(rows)    rows that are best compiled together, as lists
compile(rows)    the rows with numbers and status filled in

A row names a text of the folder `texts`: NAME.cl and NAME.glsl of each variant. All paths are relative to a scratch
folder, so that messages of compilers are the same on every machine."""

import glob
import os
import re
import shutil
import subprocess
import tempfile

import elf

TIMEOUT = 300


class Failure(Exception):
    pass


def call(arguments, folder, **options):
    """Standard output and error as one text; Failure with the first line that says why."""
    try:
        done = subprocess.run(arguments, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT,
                              errors="replace", **options)
    except subprocess.TimeoutExpired:
        raise Failure("%s took more than %d s" % (os.path.basename(arguments[0]), TIMEOUT)) from None
    if done.returncode:
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        told = [line for line in lines if re.search(r"error|fatal|cannot", line, re.IGNORECASE)] or lines
        raise Failure(re.sub(r"\s+", " ", told[0])[:200] if told else "exit status %d" % done.returncode)
    return done.stdout


def field(pattern, text, default=""):
    found = re.findall(pattern, text)
    return found[-1] if found else default


def filled(row, compiler, **numbers):
    return row._replace(compiler=compiler, status="ok", **{name: str(value) for name, value in numbers.items()})


class OpenCL:
    """A compiler of OpenCL C: one process a text."""

    without_f64 = ()
    has_subgroups = True
    probe_text = "kernel __attribute__((reqd_work_group_size(64, 1, 1))) void probe(global float *x) { x[get_global_id(0)] = 1.0f; }\n"

    def __init__(self, scratch):
        self.scratch = scratch
        self.version = ""
        self.probed = {}

    def missing(self, target):
        if target not in self.probed:
            self.probed[target] = self.look(target)
        return self.probed[target]

    def look(self, target):
        reason = self.find()
        if reason:
            return reason
        try:
            with tempfile.TemporaryDirectory(dir=self.scratch.path) as folder:
                with open(os.path.join(folder, "kernel.cl"), "w", encoding="utf-8") as file:
                    file.write(self.probe_text)
                self.measure(folder, target, "probe", True, 64)
        except (Failure, ValueError) as why:
            return "%s does not know %s (%s)" % (self.name, target, why)
        return None

    def batches(self, rows):
        return [[row] for row in rows]

    def compile(self, rows):
        return [self.compile_one(row) for row in rows]

    def compile_one(self, row):
        variant = self.scratch.variants[row.kernel, row.type, row.mode == "wide"]
        if variant.f64 and row.target in self.without_f64:
            return row._replace(compiler=self.version, status="no f64")
        if variant.subgroups and not self.has_subgroups:
            return row._replace(compiler=self.version, status="no subgroups")
        with tempfile.TemporaryDirectory(dir=self.scratch.path) as folder:
            shutil.copy(self.scratch.text(variant, "cl"), os.path.join(folder, "kernel.cl"))
            try:
                numbers = self.measure(folder, row.target, row.kernel, row.mode != "packed", variant.local)
            except (Failure, ValueError) as why:
                return row._replace(compiler=self.version, status="failed: %s" % why)
        status = numbers.pop("status", "ok")
        return filled(row, self.version, **numbers)._replace(status=status)


class Ocloc(OpenCL):
    name = "ocloc"
    targets = ("skl", "dg2", "pvc")
    without_f64 = ("dg2",)
    threads = {"skl": 7, "dg2": 8, "pvc": 8}  # of an execution unit, with 128 registers each

    def find(self):
        if not shutil.which("ocloc"):
            return "ocloc is missing (Debian: intel-opencl-icd)"
        call(["ocloc", "query", "OCL_DRIVER_VERSION"], self.scratch.path)
        with open(os.path.join(self.scratch.path, "OCL_DRIVER_VERSION"), encoding="utf-8") as file:
            self.version = "ocloc-" + file.read().strip("\0\n ")
        return None

    def measure(self, folder, target, entry, plain, local):
        told = call(["ocloc", "compile", "-file", "kernel.cl", "-device", target, "-out_dir", ".", "-output", "kernel",
                     "-output_no_suffix", "--format", "zebin", "-options", "-D PLAIN=%d" % plain], folder)
        found = elf.sections(os.path.join(folder, "kernel"))
        return self.read(target, entry, told, found[".ze_info"].decode(), elf.code_size(found))

    def read(self, target, entry, told, info, code):
        lanes = int(field(r"simd_size:\s+(\d+)", info, "0"))
        registers = int(field(r"grf_count:\s+(\d+)", info, "0"))
        memory = field(r"(?s)per_thread_memory_buffers:(.*?)kernels_misc_info", info)
        scratch = spilled = 0
        for buffer in memory.split("- type:")[1:]:
            size = int(field(r"\bsize:\s+(\d+)", buffer, "0"))
            scratch += size * (lanes if "is_simt_thread: true" in re.sub(r" +", " ", buffer) else 1)
            spilled += size if "spill_fill_space" in buffer else 0
        # The warning counts spilled registers; without one, spill space in bytes.
        spills = field(r"spilled around (\d+)", told) or spilled
        return {"registers": registers, "spills": spills, "scratch": scratch, "code": code, "lanes": lanes,
                "shared": field(r"slm_size:\s+(\d+)", info, "0"),
                "occupancy": self.threads[target] * 128 // registers if registers else ""}


class Clang(OpenCL):
    """clang with the built-ins of libclc, which has none of subgroups."""

    has_subgroups = False

    def find(self):
        self.clang = shutil.which("clang-14") or shutil.which("clang")
        if not self.clang:
            return "clang is missing (Debian: clang-14)"
        if not os.path.exists(self.builtins):
            return "%s is missing (Debian: libclc-14)" % self.builtins
        self.version = "clang-" + field(r"version (\d+\.\d+\.\d+)", call([self.clang, "--version"], "/"))
        return None

    def translate(self, folder, plain, *arguments):
        call([self.clang, "-x", "cl", "-cl-std=CL1.2", "-O3", "-DPLAIN=%d" % plain, "-Wno-everything", *arguments, "-Xclang",
              "-finclude-default-header", "-Xclang", "-mlink-builtin-bitcode", "-Xclang", self.builtins, "-S", "kernel.cl",
              "-o", "kernel.s"], folder)
        with open(os.path.join(folder, "kernel.s"), encoding="utf-8") as file:
            return file.read()


class Amdgcn(Clang):
    name = "clang amdgcn"
    targets = ("gfx900", "gfx1030")
    builtins = "/usr/lib/clc/amdgcn--amdhsa.bc"

    def measure(self, folder, target, entry, plain, local):
        text = self.translate(folder, plain, "-target", "amdgcn-amd-amdhsa", "-mcpu=" + target, "-nogpulib")
        return {
            "registers": field(r"\.vgpr_count:\s+(\d+)", text), "scalars": field(r"\.sgpr_count:\s+(\d+)", text),
            "spills": field(r"\.vgpr_spill_count:\s+(\d+)", text, "0"),
            "scalar_spills": field(r"\.sgpr_spill_count:\s+(\d+)", text, "0"),
            "scratch": field(r"\.private_segment_fixed_size:\s+(\d+)", text, "0"),
            "shared": field(r"\.group_segment_fixed_size:\s+(\d+)", text, "0"),
            "code": sum(int(size) for size in re.findall(r"; codeLenInByte = (\d+)", text)),
            "lanes": field(r"\.wavefront_size:\s+(\d+)", text), "occupancy": field(r"; Occupancy: (\d+)", text)}


class Nvidia(Clang):
    """To PTX by clang, then by ptxas where the CUDA toolkit is; without it only that the text compiles is known."""

    name = "clang nvptx"
    targets = ("sm_75", "sm_90")
    builtins = "/usr/lib/clc/nvptx64--nvidiacl.bc"
    # Of a multiprocessor: warps, blocks, shared bytes, bytes of it that each block costs besides its own.
    limits = {"sm_75": (32, 16, 65536, 0), "sm_90": (64, 32, 233472, 1024)}

    def find(self):
        reason = super().find()
        self.ptxas = shutil.which("ptxas") or next(iter(sorted(glob.glob("/usr/local/cuda*/bin/ptxas"))), None)
        if not reason and self.ptxas:
            self.version += "+ptxas-" + field(r"V(\d+\.\d+\.\d+)", call([self.ptxas, "--version"], "/"))
        return reason

    def measure(self, folder, target, entry, plain, local):
        self.translate(folder, plain, "-target", "nvptx64-nvidia-nvcl", "-Xclang", "-target-cpu", "-Xclang", "sm_70")
        if not self.ptxas:
            return {"status": "ptx only"}
        told = call([self.ptxas, "-v", "-arch=" + target, "kernel.s", "-o", "kernel.cubin"], folder)
        return self.read(target, entry, local, told, elf.code_size(elf.sections(os.path.join(folder, "kernel.cubin"))))

    def read(self, target, entry, local, told, code):
        used = field(r"info\s*: Used (.*)", told)
        registers, shared = int(field(r"^(\d+) registers", used, "0")), int(field(r"(\d+) bytes smem", used, "0"))
        own = field(r"Function properties for %s\s+(\d+) bytes stack frame" % re.escape(entry), told, "0")
        return {"registers": registers, "shared": shared, "code": code, "lanes": 32,
                "spills": sum(int(size) for size in re.findall(r"(\d+) bytes spill", told)),
                "scratch": field(r"(\d+) bytes cumulative stack size", used, own),
                "occupancy": self.occupancy(target, registers, shared, local)}

    def occupancy(self, target, registers, shared, local):
        """Warps resident on a multiprocessor of 65536 registers, which a warp takes in units of 256 from one of four files."""
        most_warps, most_blocks, most_shared, cost = self.limits[target]
        warps = -(-local // 32)
        of_registers = 16384 // (-(-registers * 32 // 256) * 256) * 4 if registers else most_warps
        blocks = min(most_blocks, min(most_warps, of_registers) // warps)
        if shared:
            blocks = min(blocks, most_shared // (shared + cost))
        return blocks * warps


class Radv:
    """The SPIR-V of the library through Mesa's RADV, which makes a device of hardware that is not there."""

    name = "RADV"
    targets = ("polaris10", "vega10", "navi10", "navi21", "gfx1100")
    icds = ("/usr/share/vulkan/icd.d/radeon_icd.*.json", "/etc/vulkan/icd.d/radeon_icd.*.json")
    statistics = {"registers": "VGPRs", "scalars": "SGPRs", "spills": "Spilled VGPRs", "scalar_spills": "Spilled SGPRs",
                  "scratch": "Scratch size", "shared": "LDS size", "code": "Code size", "lanes": "subgroup",
                  "occupancy": "Subgroups per SIMD"}

    def __init__(self, scratch):
        self.scratch = scratch
        self.version = ""
        self.probed = {}

    def missing(self, target):
        if target not in self.probed:
            self.probed[target] = self.look(target)
        return self.probed[target]

    def look(self, target):
        found = [path for pattern in self.icds for path in sorted(glob.glob(pattern))]
        if not found:
            return "RADV is missing (Debian: mesa-vulkan-drivers)"
        self.icd = found[0]
        lines, why = self.ask(target, [])
        if not lines:
            return "RADV makes no device of %s (%s)" % (target, why)
        self.version = re.sub(r"^radv ", "", lines[0][2]).replace(" ", "-")
        return None

    def ask(self, target, wanted):
        """What sabir-native printed, as lists of fields, and why it ended if it did not finish."""
        environment = dict(os.environ, RADV_FORCE_FAMILY=target, VK_DRIVER_FILES=self.icd, VK_ICD_FILENAMES=self.icd,
                           XDG_RUNTIME_DIR=self.scratch.path, RADV_DEBUG="nocache", MESA_SHADER_CACHE_DISABLE="true")
        lines = "".join("%s %d\n" % pair for pair in wanted)
        try:
            done = subprocess.run([self.scratch.tool, "pipelines"], input=lines, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env=environment, timeout=TIMEOUT * 2, errors="replace")
        except subprocess.TimeoutExpired as late:
            out = (late.stdout or b"").decode(errors="replace")
            return self.split(out), "it took more than %d s" % (TIMEOUT * 2)
        why = (done.stderr.strip().splitlines() or ["exit status %d" % done.returncode])[-1] if done.returncode else ""
        return self.split(done.stdout), why

    @staticmethod
    def split(text):
        return [line.split("\t") for line in text.split("\n")[:-1]]

    def batches(self, rows):
        size = 100
        by_target = {}
        for row in rows:
            by_target.setdefault(row.target, []).append(row)
        return [part[at:at + size] for part in by_target.values() for at in range(0, len(part), size)]

    def compile(self, rows):
        results = []
        while len(results) < len(rows):
            left = rows[len(results):]
            wanted = [(self.scratch.variants[row.kernel, row.type, row.mode == "wide"].name, row.mode != "packed") for row in left]
            lines, why = self.ask(left[0].target, wanted)
            answers = lines[1:]
            results += [self.read(row, answer) for row, answer in zip(left, answers)]
            if len(answers) < len(left):  # the driver ended the process; the rest goes to another one
                row = left[len(answers)]
                results.append(row._replace(compiler=self.version, status="failed: the driver ended: %s" % why[:160]))
        return results

    def read(self, row, answer):
        if answer[2] != "ok":
            return row._replace(compiler=self.version, status="%s: %s" % (answer[2], answer[3][:200]))
        values = dict(pair.split("=", 1) for pair in answer[3:])
        return filled(row, self.version, **{name: values.get(statistic, "") for name, statistic in self.statistics.items()})


ALL = (Radv, Ocloc, Nvidia, Amdgcn)

#!/bin/sh
# Measures the engine on a GPU, with the libtorch of the machine's PyTorch: `sh bench/gpu/run.sh [DEVICE [FOLDER]]` in a copy of the repository
# that has artifacts/gpu.tar.xz (bench/gpu/publish.sh). DEVICE is cuda unless given; FOLDER gets the random large model (3.5 GB).
# LORAHUB_LIBTORCH names libtorch's folder; otherwise it is asked from Python. Takes less than eight minutes; all output is also in $OUT/gpu.md.
set -u
device=${1:-cuda}
folder=${2:-$(mktemp -d)}
out=${OUT:-artifacts}
program=$(mktemp -d)
mkdir -p "$out"
: "${LORAHUB_LIBTORCH:=$(python3 -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))')}"
export LORAHUB_LIBTORCH LORAHUB_ROOT="$PWD" LORAHUB_TEST_DEVICE="$device" DOTNET_EnableDiagnostics=0

note() { printf '\n## %s\n\n' "$*" | tee -a "$out/gpu.md"; }

: >"$out/gpu.md"
tar -xJf artifacts/gpu.tar.xz -C "$program" || exit 1
cd "$program/program" || exit 1

note "Symbols that libLibTorchSharp.so needs and $LORAHUB_LIBTORCH does not have"
LD_LIBRARY_PATH=$LORAHUB_LIBTORCH ldd -r ./libLibTorchSharp.so 2>&1 | grep -E 'undefined symbol|not found' | tee "$out/missing.txt" | tee -a "$out/gpu.md"
if [ -s "$out/missing.txt" ]; then
    echo "These are missing; what needs them fails." | tee -a "$out/gpu.md"
else
    echo "None." | tee -a "$out/gpu.md"
fi

if [ "$device" != cpu ]; then
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader | tee -a "$out/gpu.md"
    nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits -l 1 >"$out/memory.txt" &
    watcher=$!
fi

note "Golden tests on $device"
timeout 150 ./LoraHub.Inference.Tests --no-ansi --progress off --filter-class '*T5GoldenTests' --filter-class '*CompositionGoldenTests' \
    --filter-class '*BundleGoldenTests' --filter-class '*RunGoldenTests' --filter-class '*Bf16Tests' 2>&1 | tail -40 | tee -a "$out/gpu.md"

note "Figures on $device"
timeout 300 ./LoraHub.Bench gpu "$device" "$folder" 2>&1 | tee -a "$out/gpu.md"

if [ "$device" != cpu ]; then
    kill "$watcher"
    note "Peak memory of the GPU, MiB"
    sort -n "$out/memory.txt" | tail -1 | tee -a "$out/gpu.md"
fi
rm -rf "$program"

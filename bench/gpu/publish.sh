#!/bin/sh
# Makes artifacts/gpu.tar.xz: the benchmarks, the service and the engine's tests with .NET, but without libtorch, for a machine that has only
# PyTorch and a GPU. Run `sh bench/gpu/publish.sh` from the repository's root.
set -eu
out=artifacts/gpu/program
rm -rf "$out"
for project in bench/LoraHub.Bench tests/LoraHub.Inference.Tests; do
    dotnet publish "$project" -c Release -r linux-x64 --self-contained -p:TorchBackend=external -p:ArtifactsPath="$PWD/artifacts/gpu/build" \
        -p:RunAnalyzers=false -p:GenerateDocumentationFile=false -p:DebugType=none -o "$out" -v q
done

# What only a debugger and BenchmarkDotNet (`bench -- micro`) use, and texts in other languages.
cd "$out"
rm -rf ./*.pdb ./*/*.resources.dll createdump libmscordaccore.so libmscordbi.so libcoreclrtraceptprovider.so libclrgcexp.so libcapstone.so \
    Microsoft.CodeAnalysis*.dll Microsoft.Diagnostics.*.dll Microsoft.VisualBasic*.dll Dia2Lib.dll Iced.dll Gee.External.Capstone.dll
cd - >/dev/null
tar -C artifacts/gpu -c program | xz -T0 -6 >artifacts/gpu.tar.xz
ls -l artifacts/gpu.tar.xz

#!/bin/sh
# Measures the tables of docs/methods.md. Run `sh bench/methods.sh FOLDER [DRAWS]` from the repository's root after a Release build: over DRAWS draws
# of the examples (1 without it), against `best` on the 28 modules of one shape. A stopped run resumes.
set -eu
modules=$(ls models/lorahub | grep '^t5_mini-' | grep -v -e nli_r4 -e booleans_r16 -e acronyms_all_linear -e parity_safetensors | sed 's|^|lorahub/|' | paste -sd, -)
named="\"lora_modules_specified\":\"$modules\""
exec artifacts/bin/LoraHub.Api/release/lorahub evaluate bench/tasks --draws bench/draws.json --input max_new_tokens=16 --output "$1" \
    --example-draws "${2:-1}" --against best28 \
    --method lorahub \
    --method 'delta={"composition":"delta"}' \
    --method "all={$named}" \
    --method "all-delta={$named,\"composition\":\"delta\"}" \
    --method "all-probe_cobyla={$named,\"composition\":\"delta\",\"optimizer\":\"probe_cobyla\"}" \
    --method "all-probe_cobyla_wide={$named,\"composition\":\"delta\",\"optimizer\":\"probe_cobyla_wide\"}" \
    --method "probe-cobyla={$named,\"composition\":\"delta\",\"module_selection\":\"probe\"}" \
    --method 'similar20={"composition":"delta","module_selection":"similar"}' \
    --method "best28={\"method\":\"best\",$named}" \
    --method "tuned28={\"method\":\"tuned\",$named}" \
    --method best \
    --method tuned

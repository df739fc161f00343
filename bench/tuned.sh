#!/bin/sh
# Measures `best` and `tuned` over five draws of the examples: among the 28 modules of one shape with all controls (FOLDER/28), and among 196 and
# 1,000, most of them of random directions (FOLDER/196, FOLDER/1000). Run `sh bench/tuned.sh FOLDER [POOL...]` from the repository's root after
# Release builds of src/LoraHub.Api and bench/LoraHub.Bench. A stopped run resumes.
set -eu
folder=$1
shift
modules=$(ls models/lorahub | grep '^t5_mini-' | grep -v -e nli_r4 -e booleans_r16 -e acronyms_all_linear -e parity_safetensors | sed 's|^|lorahub/|' | paste -sd, -)
evaluate() { # NAMES OUTPUT [OPTION...]
    named=$1 output=$2
    shift 2
    artifacts/bin/LoraHub.Api/release/lorahub evaluate bench/tasks --example-draws 5 --seed 1 --input max_new_tokens=16 \
        --input "lora_modules_specified=$named" --method best --method tuned --output "$output" "$@"
}

for pool in ${@:-28 196 1000}; do
    if [ "$pool" = 28 ]; then
        evaluate "$modules" "$folder/28" --input controls=true
        continue
    fi

    random=$folder/pool-$pool
    [ -d "$random" ] || artifacts/bin/LoraHub.Bench/release/LoraHub.Bench pool "$random" $((pool - 28))
    names=$(ls "$random/random" | sed 's|^|random/|' | paste -sd, -)
    Models__Folders__0=$(realpath "$random") evaluate "$modules,$names" "$folder/$pool"
done

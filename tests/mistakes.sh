#!/usr/bin/env bash
# Makes twenty mistakes, ten at the command line and ten over HTTP, and prints what a user sees.
#   LORAHUB=artifacts/bin/LoraHub.Api/release/lorahub tests/mistakes.sh
set -u
program=${LORAHUB:-artifacts/bin/LoraHub.Api/release/lorahub}
case $program in *.dll) run=(dotnet exec "$program") ;; *) run=("$program") ;; esac
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
export Data__Path=$work/data
number=0

mistake() { number=$((number + 1)); printf '\n%d. %s\n' "$number" "$1"; }

# at NAME ARGUMENTS: runs a command, prints its output and exit code.
at() {
    mistake "lorahub $*"
    timeout 120 "${run[@]}" "$@" 2>&1 | sed 's/^/   /'
    printf '   exit code %d\n' "${PIPESTATUS[0]}"
}

# over METHOD PATH BODY [CURL OPTIONS]: sends a request, prints the status and the body. Of a prediction it prints the beginning of the log.
over() {
    mistake "$1 $2 $3"
    curl -sS -X "$1" "$url$2" -H 'Content-Type: application/json' -d "$3" "${@:4}" -w '\n%{http_code} %{content_type}\n' 2>&1 |
        sed -E 's/^\{"id".*"logs":"(.{0,300}).*/{…, "logs":"\1…/; s/^/   /'
}

printf 'm\350re\nlait\n' > "$work/french.txt"
printf 'question;answer\na;b\n' > "$work/semicolons.csv"
mkdir "$work/tasks" && printf '{"input": "a", "target": "b"}\n' > "$work/tasks/short.jsonl"

at pedict -i seed=1
at predict -i sed=1
at predict -i max_inference_step=5
at predict -i "example_outputs=@$work/french.txt"
at predict --dataset "$work/semicolons.csv"
at predict -i lora_modules_specified=lorahub/t5_mini-plural
Inference__Precision=float32 at predict -i seed=1
Models__Base=google/flan-t5-large at predict -i seed=1
at evaluate "$work/tasks"
at modules add "$work/no-such-folder"

url=http://127.0.0.1:${PORT:-5987}
"${run[@]}" --urls "$url" > "$work/log" 2>&1 &
server=$!
for _ in $(seq 600); do
    curl -sf "$url/health-check" | grep -q READY && break
    sleep 0.2
done

over POST /predictions '{"input": {"seed": "soon"}}'
over POST /predictions '{"input": {'
over POST /predictions '{"max_inference_step": 10, "seed": 1}'
over POST /predictions '{"input": {"test_input": "a", "seed": 1, "max_inference_step": 10}}'
over POST /v1/predictions '{"version": "lorahub/lorahub", "input": {"max_inference_step": 5, "composition": "deltas"}}'
over POST /v1/predictions '{"version": "someone/else", "input": {}}'
over POST /v1/predictions '{"version": "lorahub/lorahub", "input": {"example_inputs": "a\nb", "example_outputs": "c"}}'
over POST /v1/predictions '{"version": "lorahub/lorahub", "input": {}, "webhook": "http://127.0.0.1:9/"}'
over POST /v1/predictions 'seed=1' -H 'Content-Type: application/x-www-form-urlencoded'
over GET /v1/predictions/nothing ''

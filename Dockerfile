# syntax=docker/dockerfile:1

# Targets: `cpu` (the default) and `cuda`.
#   docker build --platform linux/amd64 -t lorahub .
#   docker build --platform linux/amd64 -t lorahub:cuda --target cuda .
# libtorch is there for amd64 alone. Both base images are Ubuntu 24.04 (noble), what .NET 10's plain tags mean. Its libstdc++ is GCC 14's, so that
# libLibTorchSharp.so loads as it came; build/LibTorchSharp.targets changes one flag in it all the same, which is needed on Debian 12 and harmless here.

FROM --platform=linux/amd64 mcr.microsoft.com/dotnet/sdk:10.0 AS source
WORKDIR /source
# What a restore reads, and nothing else: the layer below each restore stays until a package changes.
COPY .editorconfig global.json Directory.Build.props Directory.Build.targets Directory.Packages.props ./
COPY build/ build/
COPY src/LoraHub.Core/LoraHub.Core.csproj src/LoraHub.Core/
COPY src/LoraHub.Inference/LoraHub.Inference.csproj src/LoraHub.Inference/
COPY src/LoraHub.Storage/LoraHub.Storage.csproj src/LoraHub.Storage/
COPY src/LoraHub.Api/LoraHub.Api.csproj src/LoraHub.Api/

FROM source AS build-cpu
RUN dotnet restore src/LoraHub.Api -r linux-x64 -p:PublishReadyToRun=true
COPY models/ models/
COPY src/ src/
RUN dotnet publish src/LoraHub.Api --no-restore -c Release -r linux-x64 --self-contained false -p:PublishReadyToRun=true -o /app

FROM source AS build-cuda
RUN dotnet restore src/LoraHub.Api -r linux-x64 -p:PublishReadyToRun=true -p:TorchBackend=cuda
COPY models/ models/
COPY src/ src/
RUN dotnet publish src/LoraHub.Api --no-restore -c Release -r linux-x64 --self-contained false -p:PublishReadyToRun=true -p:TorchBackend=cuda -o /app

# libtorch brings its own libgomp, .NET's image has libstdc++ and libgcc: nothing is installed.
FROM --platform=linux/amd64 mcr.microsoft.com/dotnet/aspnet:10.0 AS runtime
# The base image sets ASPNETCORE_HTTP_PORTS, which PORT would overrule with a warning. DOTNET_EnableDiagnostics=0: no sockets in /tmp.
# GLIBC_TUNABLES: huge pages for the weights (bench/README.md).
ENV PORT=5000 \
    Data__Path=/data \
    ASPNETCORE_HTTP_PORTS="" \
    DOTNET_EnableDiagnostics=0 \
    GLIBC_TUNABLES=glibc.malloc.hugetlb=1
WORKDIR /app
# APP_UID is the base image's user without rights, 1654.
RUN install -d -o "$APP_UID" -g "$APP_UID" /data
USER $APP_UID
VOLUME /data
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$PORT && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.1 200 ' <&3"]
ENTRYPOINT ["/app/lorahub"]
LABEL org.opencontainers.image.title="lorahub" \
      org.opencontainers.image.description="Adapts a language model to an unseen task from a few examples, by composing LoRA modules" \
      org.opencontainers.image.licenses="MIT"
# What `cog run IMAGE` reads from an image that it did not build. The schema is the very text of /openapi.json: a test says so, and writes this file anew
# as artifacts/Dockerfile.received when the document has changed.
LABEL run.cog.version="0.23.1"
LABEL run.cog.openapi_schema="{\"openapi\":\"3.0.2\",\"info\":{\"title\":\"Cog\",\"version\":\"0.23.1\"},\"paths\":{\"/\":{\"get\":{\"summary\":\"Root\",\"operationId\":\"root__get\",\"responses\":{\"200\":{\"description\":\"Successful Response\",\"content\":{\"application/json\":{\"schema\":{}}}}}}},\"/health-check\":{\"get\":{\"summary\":\"Healthcheck\",\"operationId\":\"healthcheck_health_check_get\",\"responses\":{\"200\":{\"description\":\"Successful Response\",\"content\":{\"application/json\":{\"schema\":{}}}}}}},\"/predictions\":{\"post\":{\"summary\":\"Predict\",\"operationId\":\"predict_predictions_post\",\"responses\":{\"200\":{\"description\":\"Successful Response\",\"content\":{\"application/json\":{\"schema\":{\"\$ref\":\"#/components/schemas/PredictionResponse\"}}}},\"422\":{\"description\":\"Validation Error\",\"content\":{\"application/json\":{\"schema\":{\"\$ref\":\"#/components/schemas/HTTPValidationError\"}}}}},\"description\":\"Run a single prediction on the model\",\"requestBody\":{\"content\":{\"application/json\":{\"schema\":{\"\$ref\":\"#/components/schemas/PredictionRequest\"}}}},\"x-cog-streaming\":true}},\"/predictions/{prediction_id}/cancel\":{\"post\":{\"summary\":\"Cancel\",\"operationId\":\"cancel_predictions__prediction_id__cancel_post\",\"responses\":{\"200\":{\"description\":\"Successful Response\",\"content\":{\"application/json\":{\"schema\":{}}}},\"422\":{\"description\":\"Validation Error\",\"content\":{\"application/json\":{\"schema\":{\"\$ref\":\"#/components/schemas/HTTPValidationError\"}}}}},\"parameters\":[{\"name\":\"prediction_id\",\"in\":\"path\",\"required\":true,\"schema\":{\"title\":\"Prediction Id\",\"type\":\"string\"}}]}}},\"components\":{\"schemas\":{\"Input\":{\"title\":\"Input\",\"type\":\"object\",\"properties\":{\"example_inputs\":{\"x-order\":0,\"description\":\"Few-shot inputs of the unseen task, one a line, or a JSON array of strings.\",\"title\":\"Example Inputs\",\"type\":\"string\",\"default\":\"Infer the date from context.  Q: Today, 8/3/1997, is a day that we will never forget. What is the date one week ago from today in MM/DD/YYYY? Options: (A) 03/27/1998 (B) 09/02/1997 (C) 07/27/1997 (D) 06/29/1997 (E) 07/27/1973 (F) 12/27/1997 A:\\nInfer the date from context.  Q: May 6, 1992 is like yesterday to Jane, but that is actually ten years ago. What is the date tomorrow in MM/DD/YYYY? Options: (A) 04/16/2002 (B) 04/07/2003 (C) 05/07/2036 (D) 05/28/2002 (E) 05/07/2002 A:\\nInfer the date from context.  Q: Today is the second day of the third month of 1966. What is the date one week ago from today in MM/DD/YYYY? Options: (A) 02/26/1966 (B) 01/13/1966 (C) 02/02/1966 (D) 10/23/1966 (E) 02/23/1968 (F) 02/23/1966 A:\"},\"example_outputs\":{\"x-order\":1,\"description\":\"Their right outputs, one a line, or a JSON array of strings; as many as inputs.\",\"title\":\"Example Outputs\",\"type\":\"string\",\"default\":\"(C)\\n(E)\\n(F)\"},\"lora_modules_specified\":{\"x-order\":2,\"description\":\"LoRA modules to compose, separated by commas. Left out: modules are drawn at random.\",\"title\":\"Lora Modules Specified\",\"type\":\"string\",\"default\":null,\"nullable\":true},\"num_random_lora_modules\":{\"x-order\":3,\"description\":\"How many modules to draw at random; ignored when modules are specified.\",\"title\":\"Num Random Lora Modules\",\"type\":\"integer\",\"default\":20,\"minimum\":2,\"maximum\":196},\"max_inference_step\":{\"x-order\":4,\"description\":\"Budget of the search: how many times the objective may be evaluated.\",\"title\":\"Max Inference Step\",\"type\":\"integer\",\"default\":40,\"minimum\":10,\"maximum\":100},\"seed\":{\"x-order\":5,\"description\":\"Decides the draw of modules. Left out: random, and logged.\",\"title\":\"Seed\",\"type\":\"integer\",\"default\":null,\"nullable\":true},\"test_inputs\":{\"x-order\":6,\"description\":\"Inputs that the adapted model answers in the same prediction, one a line, or a JSON array of strings.\",\"title\":\"Test Inputs\",\"type\":\"string\",\"default\":null,\"nullable\":true},\"test_outputs\":{\"x-order\":7,\"description\":\"The right answers to test_inputs: accuracy (exact match) is reported, adapted and zero-shot.\",\"title\":\"Test Outputs\",\"type\":\"string\",\"default\":null,\"nullable\":true},\"composition\":{\"x-order\":8,\"description\":\"factors: the paper's, the sums of A and of B. delta: the sum of the modules' weight updates, any ranks and targets.\",\"allOf\":[{\"\$ref\":\"#/components/schemas/composition\"}],\"default\":\"factors\"},\"objective\":{\"x-order\":9,\"description\":\"reference: as lorahub computes it (the loss divided by the number of examples once more). token_loss: mean token loss + 0.05 * mean |w|.\",\"allOf\":[{\"\$ref\":\"#/components/schemas/objective\"}],\"default\":\"reference\"},\"optimizer\":{\"x-order\":10,\"description\":\"Which gradient-free search refines the weights.\",\"allOf\":[{\"\$ref\":\"#/components/schemas/optimizer\"}],\"default\":\"cobyla\"},\"module_weights\":{\"x-order\":11,\"description\":\"JSON object {\\\"module\\\": weight}: compose exactly this and search nothing.\",\"title\":\"Module Weights\",\"type\":\"string\",\"default\":null,\"nullable\":true},\"output_format\":{\"x-order\":12,\"description\":\"adapter: a PEFT adapter. checkpoint: also the merged model, as a Hugging Face folder.\",\"allOf\":[{\"\$ref\":\"#/components/schemas/output_format\"}],\"default\":\"adapter\"},\"max_new_tokens\":{\"x-order\":13,\"description\":\"The longest answer to a test input, in tokens.\",\"title\":\"Max New Tokens\",\"type\":\"integer\",\"default\":256,\"minimum\":1,\"maximum\":1024}}},\"composition\":{\"title\":\"composition\",\"description\":\"An enumeration.\",\"type\":\"string\",\"enum\":[\"factors\",\"delta\"]},\"objective\":{\"title\":\"objective\",\"description\":\"An enumeration.\",\"type\":\"string\",\"enum\":[\"reference\",\"token_loss\"]},\"optimizer\":{\"title\":\"optimizer\",\"description\":\"An enumeration.\",\"type\":\"string\",\"enum\":[\"cobyla\"]},\"output_format\":{\"title\":\"output_format\",\"description\":\"An enumeration.\",\"type\":\"string\",\"enum\":[\"adapter\",\"checkpoint\"]},\"Output\":{\"title\":\"Output\",\"type\":\"object\",\"properties\":{\"adapter\":{\"title\":\"Adapter\",\"type\":\"string\",\"format\":\"uri\",\"description\":\"adapter.zip: the composed LoRA module as PEFT loads it.\"},\"checkpoint\":{\"title\":\"Checkpoint\",\"type\":\"string\",\"format\":\"uri\",\"description\":\"checkpoint.zip: the merged model, when it was asked for.\"},\"weights\":{\"title\":\"Weights\",\"type\":\"array\",\"items\":{\"title\":\"Weight\",\"type\":\"object\",\"properties\":{\"module\":{\"title\":\"Module\",\"type\":\"string\"},\"weight\":{\"title\":\"Weight\",\"type\":\"number\"}}}},\"loss\":{\"title\":\"Loss\",\"type\":\"object\",\"properties\":{\"zero_shot\":{\"title\":\"Zero Shot\",\"type\":\"number\"},\"adapted\":{\"title\":\"Adapted\",\"type\":\"number\"},\"evaluations\":{\"title\":\"Evaluations\",\"type\":\"integer\"}}},\"predictions\":{\"title\":\"Predictions\",\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"accuracy\":{\"title\":\"Accuracy\",\"type\":\"object\",\"properties\":{\"zero_shot\":{\"title\":\"Zero Shot\",\"type\":\"number\"},\"adapted\":{\"title\":\"Adapted\",\"type\":\"number\"}}}},\"required\":[\"weights\"]},\"PredictionRequest\":{\"title\":\"PredictionRequest\",\"type\":\"object\",\"properties\":{\"id\":{\"title\":\"Id\",\"type\":\"string\"},\"input\":{\"\$ref\":\"#/components/schemas/Input\"},\"webhook\":{\"title\":\"Webhook\",\"type\":\"string\",\"format\":\"uri\",\"description\":\"Told of the prediction's events.\"},\"webhook_events_filter\":{\"title\":\"Webhook Events Filter\",\"type\":\"array\",\"items\":{\"\$ref\":\"#/components/schemas/WebhookEvent\"}}}},\"PredictionResponse\":{\"title\":\"PredictionResponse\",\"type\":\"object\",\"properties\":{\"input\":{\"\$ref\":\"#/components/schemas/Input\"},\"output\":{\"\$ref\":\"#/components/schemas/Output\"},\"id\":{\"title\":\"Id\",\"type\":\"string\"},\"version\":{\"title\":\"Version\",\"type\":\"string\"},\"created_at\":{\"title\":\"Created At\",\"type\":\"string\",\"format\":\"date-time\"},\"started_at\":{\"title\":\"Started At\",\"type\":\"string\",\"format\":\"date-time\"},\"completed_at\":{\"title\":\"Completed At\",\"type\":\"string\",\"format\":\"date-time\"},\"status\":{\"title\":\"Status\",\"type\":\"string\"},\"error\":{\"title\":\"Error\",\"type\":\"string\"},\"logs\":{\"title\":\"Logs\",\"type\":\"string\"},\"metrics\":{\"title\":\"Metrics\",\"type\":\"object\"}}},\"Status\":{\"title\":\"Status\",\"description\":\"An enumeration.\",\"type\":\"string\",\"enum\":[\"starting\",\"processing\",\"succeeded\",\"canceled\",\"failed\"]},\"WebhookEvent\":{\"title\":\"WebhookEvent\",\"description\":\"What a webhook may be told.\",\"type\":\"string\",\"enum\":[\"start\",\"output\",\"logs\",\"completed\"]},\"HTTPValidationError\":{\"title\":\"HTTPValidationError\",\"type\":\"object\",\"properties\":{\"detail\":{\"title\":\"Detail\",\"type\":\"array\",\"items\":{\"\$ref\":\"#/components/schemas/ValidationError\"}}}},\"ValidationError\":{\"title\":\"ValidationError\",\"type\":\"object\",\"properties\":{\"loc\":{\"title\":\"Location\",\"type\":\"array\",\"items\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}},\"msg\":{\"title\":\"Message\",\"type\":\"string\"},\"type\":{\"title\":\"Error Type\",\"type\":\"string\"}},\"required\":[\"loc\",\"msg\",\"type\"]}}}}"

FROM runtime AS cuda
# The package has CUDA's libraries in it; the driver's come from NVIDIA's container toolkit.
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    Inference__Device=cuda \
    Queue__Hardware=gpu
LABEL run.cog.config="{\"build\":{\"gpu\":true}}"
COPY --from=build-cuda /app .

FROM runtime AS cpu
LABEL run.cog.config="{\"build\":{\"gpu\":false}}"
COPY --from=build-cpu /app .

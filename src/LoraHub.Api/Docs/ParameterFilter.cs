using System.Text.Json.Nodes;
using LoraHub.Api.Modules;
using LoraHub.Api.Predictions;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace LoraHub.Api.Docs;

/// <summary>A header or a query's key that its handler reads by hand, as the documents show it.</summary>
sealed record ParameterDocument(ParameterLocation In, string Name, string Description, string Example);

/// <summary>Shows the parameters that handlers read by hand, and says what those of the paths are.</summary>
sealed class ParameterFilter(ServedModel model) : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        operation.Parameters ??= [];
        foreach (var parameter in operation.Parameters.OfType<OpenApiParameter>().Where(parameter => parameter.In == ParameterLocation.Path))
        {
            (parameter.Description, parameter.Example) = InPath(parameter.Name!, context.ApiDescription.RelativePath!);
        }

        foreach (var document in context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<ParameterDocument>())
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                In = document.In,
                Name = document.Name,
                Description = document.Description,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                Examples = new Dictionary<string, IOpenApiExample> { ["example"] = new OpenApiExample { Value = document.Example } },
            });
        }
    }

    (string Description, JsonNode? Example) InPath(string name, string path) => path.StartsWith("v1/modules/", StringComparison.Ordinal) ? InModulePath(name) : name switch
    {
        "owner" => ("The owner in `owner/name`.", model.Name.Split('/')[0]),
        "name" when path.StartsWith("results/", StringComparison.Ordinal) => ("`adapter.zip` or `checkpoint.zip`.", "adapter.zip"),
        "name" => ("The name in `owner/name`.", model.Name.Split('/')[1]),
        "version" => ("The version's id, 64 hexadecimal digits.", model.Version),
        "digest" => ("SHA-256 of the file, from the prediction's `output`.", null),
        "address" => ("The last part of the prediction's `urls.stream`.", null),
        "slug" => ("The collection's name in URLs.", null),
        _ => ("The `id` from when it was created.", null),
    };

    static (string Description, JsonNode? Example) InModulePath(string name) => name switch
    {
        "owner" => ("The owner in the module's `owner/name`.", ModuleExamples.Owner),
        "name" => ("The name in the module's `owner/name`.", ModuleExamples.Name),
        "digest" => ("The version: the first 12 digits of its digest, or more, up to all 64.", ModuleExamples.Digest[..12]),
        _ => ("One of the module's files: `adapter_config.json`, `adapter_model.safetensors`, `adapter_model.bin` or `README.md`.", Core.Modules.ModuleFiles.Config),
    };
}

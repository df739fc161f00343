using System.Text.Json.Nodes;
using LoraHub.Api.Predictions;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace LoraHub.Api.Docs;

/// <summary>Route metadata that describes a header or query parameter which the handler reads itself.</summary>
sealed record ParameterDocument(ParameterLocation In, string Name, string Description, string Example);

/// <summary>Route metadata that describes a path parameter, where the default description of its name would mislead.</summary>
sealed record PathParameterDocument(string Name, string Description, string? Example);

/// <summary>Adds the parameters that handlers read themselves, and describes the path parameters.</summary>
sealed class ParameterFilter(ServedModel model) : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        operation.Parameters ??= [];
        var paths = context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<PathParameterDocument>().ToArray();
        foreach (var parameter in operation.Parameters.OfType<OpenApiParameter>().Where(parameter => parameter.In == ParameterLocation.Path))
        {
            var own = paths.LastOrDefault(document => document.Name == parameter.Name);
            (parameter.Description, parameter.Example) = own is var (_, description, example) ? (description, example) : DefaultFor(parameter.Name!);
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

    (string Description, JsonNode? Example) DefaultFor(string name) => name switch
    {
        "owner" => ("The owner in `owner/name`.", model.Name.Split('/')[0]),
        "name" => ("The name in `owner/name`.", model.Name.Split('/')[1]),
        "version" => ("The version's id, 64 hexadecimal digits.", model.Version),
        "digest" => ("SHA-256 of the file, from the prediction's `output`.", null),
        "address" => ("The last segment of the prediction's `urls.stream`.", null),
        "slug" => ("The collection's name in URLs.", null),
        _ => ("The `id` from the response that created it.", null),
    };
}

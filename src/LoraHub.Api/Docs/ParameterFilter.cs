using System.Globalization;
using System.Text.Json.Nodes;
using LoraHub.Api.Models;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace LoraHub.Api.Docs;

/// <summary>Route metadata that describes a header or query parameter which the handler reads itself.</summary>
sealed record ParameterDocument(ParameterLocation In, string Name, string Description, string Example)
{
    public ParameterType Type { get; init; } = ParameterType.Text;

    public bool IsRequired { get; init; }
}

/// <summary>What a query parameter's text is.</summary>
/// <param name="Format">OpenAPI's format, or null.</param>
sealed record ParameterType(JsonSchemaType Json, string? Format = null, long? Minimum = null, long? Maximum = null)
{
    public static ParameterType Text { get; } = new(JsonSchemaType.String);

    public static ParameterType Time { get; } = new(JsonSchemaType.String, "date-time");

    public static ParameterType Boolean { get; } = new(JsonSchemaType.Boolean);

    public static ParameterType Integer(long minimum, long? maximum = null) => new(JsonSchemaType.Integer, Minimum: minimum, Maximum: maximum);
}

/// <summary>Route metadata that describes a path parameter, where the default description of its name would mislead.</summary>
sealed record PathParameterDocument(string Name, string Description, string? Example);

/// <summary>Adds the parameters that handlers read themselves, and describes the path parameters.</summary>
sealed class ParameterFilter(Composer model) : IOperationFilter
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
                Required = document.IsRequired,
                Schema = new OpenApiSchema
                {
                    Type = document.Type.Json,
                    Format = document.Type.Format,
                    Minimum = document.Type.Minimum?.ToString(CultureInfo.InvariantCulture),
                    Maximum = document.Type.Maximum?.ToString(CultureInfo.InvariantCulture),
                },
                Examples = new Dictionary<string, IOpenApiExample> { ["example"] = new OpenApiExample { Value = ExampleOf(document) } },
            });
        }
    }

    static JsonNode ExampleOf(ParameterDocument document) =>
        document.Type.Json == JsonSchemaType.Integer && document.Example.Length > 0
            ? long.Parse(document.Example, CultureInfo.InvariantCulture)
            : document.Example;

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

using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace LoraHub.Api.Docs;

/// <summary>The type's URLs are paths of this service.</summary>
[AttributeUsage(AttributeTargets.Class)]
sealed class RelativeUrlsAttribute : Attribute;

/// <summary>
/// Marks the texts that are URLs, by the naming of the wire: types that end in <c>Urls</c>, properties that end in <c>url</c>, pages' links.
/// </summary>
sealed class UrlFilter : ISchemaFilter
{
    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        foreach (var (name, property) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>())
        {
            if (property is OpenApiSchema { Type: { } type, Format: null } text && type.HasFlag(JsonSchemaType.String) && IsUrl(context.Type, name))
            {
                text.Format = context.Type.IsDefined(typeof(RelativeUrlsAttribute), inherit: false) ? "uri-reference" : "uri";
            }
        }
    }

    static bool IsUrl(Type type, string name) =>
        type.Name.EndsWith("Urls", StringComparison.Ordinal)
        || name.EndsWith("url", StringComparison.Ordinal)
        || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ReplicatePage<>))
        || (type == typeof(ComposedOutput) && name is "adapter" or "checkpoint" or "trace")
        || (type == typeof(TrainedOutput) && name is "weights" or "trace");
}

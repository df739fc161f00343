using System.Text.Json.Nodes;
using LoraHub.Api.Predictions;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace LoraHub.Api.Docs;

/// <summary>A body that its handler reads by hand, as the documents show it.</summary>
/// <param name="Example">Null where the page makes one up from the type.</param>
sealed record RequestBodyDocument(Type Type, string MediaType, Func<ServedModel, JsonNode>? Example);

sealed class RequestBodyFilter(ServedModel model) : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<RequestBodyDocument>().SingleOrDefault() is not { } body)
        {
            return;
        }

        operation.RequestBody = new OpenApiRequestBody
        {
            Content = new Dictionary<string, IOpenApiMediaType>
            {
                [body.MediaType] = new OpenApiMediaType
                {
                    Schema = context.SchemaGenerator.GenerateSchema(body.Type, context.SchemaRepository),
                    Example = body.Example?.Invoke(model),
                },
            },
        };
    }
}

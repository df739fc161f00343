using System.Text.Json.Nodes;
using LoraHub.Api.Predictions;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace LoraHub.Api.Docs;

/// <summary>A body that its handler reads by hand, as the documents show it.</summary>
/// <param name="Example">A body, or of a form the fields that can be written down.</param>
sealed record RequestBodyDocument(Type Type, string MediaType, Func<ServedModel, JsonNode> Example)
{
    public const string Form = "multipart/form-data";
}

sealed class RequestBodyFilter(ServedModel model) : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<RequestBodyDocument>().SingleOrDefault() is not { } body)
        {
            return;
        }

        var schema = context.SchemaGenerator.GenerateSchema(body.Type, context.SchemaRepository);
        var example = body.Example(model);
        if (body.MediaType == RequestBodyDocument.Form)
        {
            ShowFields(context.SchemaRepository.Schemas[body.Type.Name], example.AsObject());
        }

        operation.RequestBody = new OpenApiRequestBody
        {
            Content = new Dictionary<string, IOpenApiMediaType>
            {
                [body.MediaType] = new OpenApiMediaType
                {
                    Schema = schema,
                    Example = body.MediaType == RequestBodyDocument.Form ? null : example,
                },
            },
        };
    }

    /// <summary>The page fills a form in field by field, and with the word "string" where it knows nothing better.</summary>
    static void ShowFields(IOpenApiSchema form, JsonObject example)
    {
        foreach (var (name, value) in example)
        {
#pragma warning disable CS0618 // OpenAPI 3.0, in which the document is written, has no `examples` of a schema
            ((OpenApiSchema)form.Properties![name]).Example = value?.DeepClone();
#pragma warning restore CS0618
        }
    }
}

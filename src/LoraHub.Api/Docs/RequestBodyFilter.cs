using System.Text.Json.Nodes;
using LoraHub.Api.Models;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace LoraHub.Api.Docs;

/// <summary>Route metadata that describes a body which the handler parses itself.</summary>
/// <param name="Example">An example body. For a form, the fields without its file.</param>
sealed record RequestBodyDocument(Type Type, string MediaType, Func<Composer, JsonNode> Example)
{
    public const string Form = "multipart/form-data";
}

sealed class RequestBodyFilter(Composer model) : IOperationFilter
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
            SetFieldExamples(context.SchemaRepository.Schemas[body.Type.Name], example.AsObject());
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

    /// <summary>Sets the example of each field, since Swagger UI otherwise fills it with the word "string".</summary>
    static void SetFieldExamples(IOpenApiSchema form, JsonObject example)
    {
        foreach (var (name, value) in example)
        {
#pragma warning disable CS0618 // the document is OpenAPI 3.0, where a schema has no `examples`
            ((OpenApiSchema)form.Properties![name]).Example = value?.DeepClone();
#pragma warning restore CS0618
        }
    }
}

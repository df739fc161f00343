using System.Text.Json;
using LoraHub.Core.Json;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace LoraHub.Api.Docs;

/// <summary>Route metadata with an example response, where the default example of its type would mislead.</summary>
sealed record AnswerDocument(int StatusCode, object Answer);

/// <summary>Route metadata: a response that is JSON or, for some requests, plain text.</summary>
sealed record TextAnswer(int StatusCode);

/// <summary>Adds an example to every JSON response, and the responses that are also plain text.</summary>
sealed class AnswerFilter(AnswerExamples examples) : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var documents = context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<AnswerDocument>()
            .ToDictionary(document => document.StatusCode, document => document.Answer);
        foreach (var text in context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<TextAnswer>())
        {
            var plain = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
            operation.Responses![$"{text.StatusCode}"].Content!["text/plain"] = plain;
        }

        foreach (var type in context.ApiDescription.SupportedResponseTypes.Where(type => type.Type is not null))
        {
            var answer = operation.Responses![$"{type.StatusCode}"];
            foreach (var (mediaType, content) in answer.Content ?? new Dictionary<string, IOpenApiMediaType>())
            {
                if (content is OpenApiMediaType shown && mediaType.EndsWith("json", StringComparison.Ordinal))
                {
                    shown.Example = documents.TryGetValue(type.StatusCode, out var own)
                        ? JsonSerializer.SerializeToNode(own, WireJson.Options)
                        : examples.Of(type.Type!, type.StatusCode);
                }
            }
        }
    }
}

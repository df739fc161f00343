using System.Text.Json;
using LoraHub.Api.Http;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace LoraHub.Api.Docs;

/// <summary>What a route's own answer looks like, where the usual example of its type would mislead.</summary>
sealed record AnswerDocument(int StatusCode, object Answer);

/// <summary>Gives every answer that is JSON an example.</summary>
sealed class AnswerFilter(AnswerExamples examples) : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var documents = context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<AnswerDocument>()
            .ToDictionary(document => document.StatusCode, document => document.Answer);
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

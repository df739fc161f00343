using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace LoraHub.Api.Docs;

/// <summary>Gives every answer that is JSON an example.</summary>
sealed class AnswerFilter(AnswerExamples examples) : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        foreach (var type in context.ApiDescription.SupportedResponseTypes.Where(type => type.Type is not null))
        {
            var answer = operation.Responses![$"{type.StatusCode}"];
            foreach (var (mediaType, content) in answer.Content ?? new Dictionary<string, IOpenApiMediaType>())
            {
                if (content is OpenApiMediaType shown && mediaType.EndsWith("json", StringComparison.Ordinal))
                {
                    shown.Example = examples.Of(type.Type!, type.StatusCode);
                }
            }
        }
    }
}

using LoraHub.Api.Predictions;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace LoraHub.Api.Docs;

/// <summary>Describes an output as what its converter writes: the object of the composer or of a training, or the pieces of a text.</summary>
sealed class OutputFilter : ISchemaFilter
{
    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        if (context.Type != typeof(WireOutput) || context.MemberInfo is not null || schema is not OpenApiSchema output)
        {
            return;
        }

        (output.Type, output.Properties, output.AdditionalPropertiesAllowed) = (null, null, true);
        output.OneOf =
        [
            context.SchemaGenerator.GenerateSchema(typeof(ComposedOutput), context.SchemaRepository),
            context.SchemaGenerator.GenerateSchema(typeof(TrainedOutput), context.SchemaRepository),
            new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String } },
        ];
    }
}

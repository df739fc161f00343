using System.Text.Json.Nodes;
using LoraHub.Api.Models;
using LoraHub.Api.Predictions;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;
using Swashbuckle.AspNetCore.SwaggerUI;

namespace LoraHub.Api.Docs;

/// <summary>Serves Swagger UI, where users can browse and try the routes.</summary>
static class DocsServices
{
    public const string Path = "/docs";

    const string DocumentPath = $"{Path}/{ServiceDocument.Name}.json";

    public static IServiceCollection AddDocs(this IServiceCollection services) => services
        .AddSingleton<AnswerExamples>()
        .AddSingleton<ServiceDocument>()
        .AddTransient<ISerializerDataContractResolver>(_ => new JsonSerializerDataContractResolver(WireJson.Options))
        .AddEndpointsApiExplorer()
        .AddSwaggerGen(options =>
        {
            options.SwaggerDoc(ServiceDocument.Name, new OpenApiInfo
            {
                Title = "LoraHub",
                Version = Composer.ProgramVersion,
                Description = "Adapts a language model to an unseen task from a few examples, by composing LoRA modules. "
                    + "The bare paths follow Cog's API, and /v1 follows Replicate's. [Back to the pages](/)",
            });
            options.DocInclusionPredicate((_, route) => route.HttpMethod != HttpMethods.Head); // every HEAD route duplicates a GET route
            options.MapType<JsonObject>(() => InputDocument.Schema(InputSchema.Fields));
            options.MapType<TrainingFields>(() => InputDocument.Schema(TrainingSchema.Fields));
            var idOf = options.SchemaGeneratorOptions.SchemaIdSelector;
            options.CustomSchemaIds(type => type == typeof(WireOutput) ? nameof(PredictionOutput) : idOf(type)); // the name in the public schema
            options.SupportNonNullableReferenceTypes();
            options.NonNullableReferenceTypesAsRequired();
            options.UseAllOfToExtendReferenceSchemas(); // OpenAPI 3.0 ignores siblings of $ref such as `nullable`
            options.AddSecurityDefinition(TokenFilter.Scheme, TokenFilter.Document);
            options.SchemaFilter<OutputFilter>();
            options.SchemaFilter<UrlFilter>();
            options.OperationFilter<TokenFilter>();
            options.OperationFilter<RequestBodyFilter>();
            options.OperationFilter<ParameterFilter>();
            options.OperationFilter<AnswerFilter>();
        });

    public static void UseDocs(this WebApplication app)
    {
        var document = app.Services.GetRequiredService<ServiceDocument>();
        app.MapWhen(
            http => HttpMethods.IsGet(http.Request.Method) && http.Request.Path == DocumentPath, branch => branch.Run(document.SendAsync));
        app.UseSwaggerUI(options =>
        {
            options.RoutePrefix = Path.TrimStart('/');
            options.DocumentTitle = "LoraHub";
            options.SwaggerEndpoint($"{ServiceDocument.Name}.json", "LoraHub");
            options.DefaultModelsExpandDepth(-1); // each route shows the schemas that it has
            options.DocExpansion(DocExpansion.None);
        });
    }
}

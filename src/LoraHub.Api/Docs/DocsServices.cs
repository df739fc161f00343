using System.Text.Json.Nodes;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace LoraHub.Api.Docs;

/// <summary>The page that shows the routes and lets a person try them.</summary>
static class DocsServices
{
    public const string Path = "/docs";

    const string Document = "service";

    public static IServiceCollection AddDocs(this IServiceCollection services) => services
        .AddSingleton<AnswerExamples>()
        .AddTransient<ISerializerDataContractResolver>(_ => new JsonSerializerDataContractResolver(WireJson.Options))
        .AddEndpointsApiExplorer()
        .AddSwaggerGen(options =>
        {
            options.SwaggerDoc(Document, new OpenApiInfo
            {
                Title = "LoraHub",
                Version = ServedModel.ProgramVersion,
                Description = "Adapts a language model to an unseen task from a few examples, by composing LoRA modules. "
                    + "The bare paths are a Cog container's, /v1 is Replicate's.",
            });
            options.DocInclusionPredicate((_, route) => route.HttpMethod != HttpMethods.Head); // it is there wherever GET is
            options.MapType<JsonObject>(InputDocument.Schema);
            options.UseAllOfToExtendReferenceSchemas(); // OpenAPI 3.0 lets nothing stand beside a $ref, nor `nullable`
            options.AddSecurityDefinition(TokenFilter.Scheme, TokenFilter.Document);
            options.OperationFilter<TokenFilter>();
            options.OperationFilter<RequestBodyFilter>();
            options.OperationFilter<ParameterFilter>();
            options.OperationFilter<AnswerFilter>();
        });

    public static void UseDocs(this WebApplication app)
    {
        app.UseSwagger(options => options.RouteTemplate = $"{Path}/{{documentName}}.json");
        app.UseSwaggerUI(options =>
        {
            options.RoutePrefix = Path.TrimStart('/');
            options.DocumentTitle = "LoraHub";
            options.SwaggerEndpoint($"{Document}.json", "LoraHub");
        });
    }

    /// <summary>Tells the documents about a body that the handler reads by hand; it changes nothing in routing, as <c>Accepts</c> would.</summary>
    /// <param name="example">A body that works as it stands.</param>
    public static RouteHandlerBuilder WithBody<T>(this RouteHandlerBuilder route, Func<ServedModel, JsonNode> example) =>
        route.WithMetadata(new RequestBodyDocument(typeof(T), "application/json", example));

    /// <summary>Tells the documents about a form with a file that the handler reads by hand.</summary>
    /// <param name="fields">What stands in the fields that are no file; it works as it stands.</param>
    public static RouteHandlerBuilder WithForm<T>(this RouteHandlerBuilder route, JsonObject fields) =>
        route.WithMetadata(new RequestBodyDocument(typeof(T), RequestBodyDocument.Form, _ => fields));

    /// <summary>Tells the documents about a header that the handler reads by hand.</summary>
    public static RouteHandlerBuilder WithHeader(this RouteHandlerBuilder route, string name, string description, string example) =>
        route.WithMetadata(new ParameterDocument(ParameterLocation.Header, name, description, example));

    /// <summary>Tells the documents about a key of the query that the handler reads by hand.</summary>
    public static RouteHandlerBuilder WithQuery(this RouteHandlerBuilder route, string name, string description, string example) =>
        route.WithMetadata(new ParameterDocument(ParameterLocation.Query, name, description, example));
}

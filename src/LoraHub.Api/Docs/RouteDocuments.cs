using System.Text.Json.Nodes;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using Microsoft.OpenApi;

namespace LoraHub.Api.Docs;

/// <summary>Adds documentation metadata to routes.</summary>
static class RouteDocuments
{
    /// <summary>Documents a body that the handler reads itself. Unlike <c>Accepts</c>, does not affect routing.</summary>
    /// <param name="example">A valid body.</param>
    public static RouteHandlerBuilder WithBody<T>(this RouteHandlerBuilder route, Func<Composer, JsonNode> example) =>
        route.WithMetadata(new RequestBodyDocument(typeof(T), "application/json", example));

    /// <summary>Documents a form with a file that the handler reads itself.</summary>
    /// <param name="fields">The fields that are not files, with valid values.</param>
    public static RouteHandlerBuilder WithForm<T>(this RouteHandlerBuilder route, JsonObject fields) =>
        route.WithMetadata(new RequestBodyDocument(typeof(T), RequestBodyDocument.Form, _ => fields));

    /// <summary>Documents a header that the handler reads itself.</summary>
    public static RouteHandlerBuilder WithHeader(this RouteHandlerBuilder route, string name, string description, string example) =>
        route.WithMetadata(new ParameterDocument(ParameterLocation.Header, name, description, example));

    /// <summary>Documents a query parameter that the handler reads itself.</summary>
    /// <param name="type">Text unless given.</param>
    public static RouteHandlerBuilder WithQuery(
        this RouteHandlerBuilder route, string name, string description, string example, ParameterType? type = null, bool isRequired = false) =>
        route.WithMetadata(new ParameterDocument(ParameterLocation.Query, name, description, example)
        {
            Type = type ?? ParameterType.Text,
            IsRequired = isRequired,
        });

    /// <summary>Documents a path parameter.</summary>
    public static TBuilder WithPathParameter<TBuilder>(this TBuilder routes, string name, string description, string? example)
        where TBuilder : IEndpointConventionBuilder => routes.WithMetadata(new PathParameterDocument(name, description, example));

    /// <summary>Documents an error with the default example of its status.</summary>
    public static RouteHandlerBuilder ProducesProblem(this RouteHandlerBuilder route, int statusCode) =>
        route.Produces<Problem>(statusCode, "application/problem+json");

    /// <summary>Documents the errors of a route that reads a JSON object: malformed, too large, not JSON, or with wrong members.</summary>
    public static RouteHandlerBuilder ProducesBadBodies(this RouteHandlerBuilder route) => route
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
        .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity);

    /// <summary>Documents an error with an example for this route.</summary>
    public static RouteHandlerBuilder ProducesProblem(this RouteHandlerBuilder route, Problem example) =>
        route.ProducesProblem(example.Status).WithMetadata(new AnswerDocument(example.Status, example));
}

namespace LoraHub.Api.Docs;

/// <summary>Example responses of one API, for the OpenAPI document. Each API registers its own.</summary>
interface IAnswerExamples
{
    /// <returns>An example of the type, or null when this API has none.</returns>
    object? Find(Type type, int statusCode);
}

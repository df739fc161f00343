namespace LoraHub.Api.Docs;

/// <summary>The inputs of a training, for the OpenAPI document, which describes them from their schema.</summary>
public sealed record TrainingFields;

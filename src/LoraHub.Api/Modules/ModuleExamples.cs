using LoraHub.Api.Http;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Modules;

/// <summary>Example values of the module endpoints for the API documents.</summary>
static class ModuleExamples
{
    public const string Owner = "lorahub", Name = "t5_mini-french", Id = $"{Owner}/{Name}", BaseModel = "lorahub/t5-mini";

    public const string Digest = "eacbdb2552344c80ca2d38ec5458d5dce675155bebd31e0924165912bf56453d";

    public static readonly Problem BadQuery = new(null, "Query parameter \"rank\" must be a number from 1", StatusCodes.Status400BadRequest);

    public static readonly Problem Held = new(null, ModuleDeletion.Held(2), StatusCodes.Status409Conflict);

    public static readonly Problem NotOwned = new(null, ModuleRights.NotOwned, StatusCodes.Status409Conflict);

    public static readonly IReadOnlyList<Problem> Refusals =
    [
        new(null, "The body is not valid multipart/form-data: it ends before its last boundary.", StatusCodes.Status400BadRequest),
        NotOwned,
        new(null, "A module must be at most 1073741824 bytes in all (Modules:MaxBytes).", StatusCodes.Status413PayloadTooLarge),
        new(null, "Send the file as Content-Type: multipart/form-data.", StatusCodes.Status415UnsupportedMediaType),
        Invalid("zip", "The zip has an entry (number 3) that is neither a file nor a folder, such as a link."),
    ];

    public static readonly IReadOnlyList<Problem> BadReasons =
    [
        new(
            null,
            "The body is not valid JSON (line 1, byte 2; keys must be unique in an object, and nesting at most 32 levels deep).",
            StatusCodes.Status400BadRequest),
        new(null, "The body must be at most 104857600 bytes.", StatusCodes.Status413PayloadTooLarge),
        new(null, "Send the body as Content-Type: application/json.", StatusCodes.Status415UnsupportedMediaType),
        Invalid("reason", "reason is required: one line of 1 to 500 characters that says why the module is quarantined"),
    ];

    public static readonly IReadOnlyList<Problem> BadDestinations =
        [.. BadReasons.Take(3), Invalid(ResultPublication.Destination, ResultPublication.Rule)];

    public static readonly Problem NoResult = new(null, "The prediction has not ended; wait for its result.", StatusCodes.Status409Conflict);

    public static IEnumerable<object> At(DateTimeOffset now)
    {
        const string Origin = "http://localhost:5000", Neighbor = "lorahub/t5_mini-spanish";
        var module = ModuleDescription.From(Registered(now), Origin);
        yield return module with
        {
            Layers = [new LayerReport("decoder.block.0.layer.0.SelfAttention.q", 0.81, 0.034, [0.62, 0.38, 0.24, 0.15], 4.7)],
            Similar = [new ModuleNeighbor(Neighbor, new string('7', 64), 0.41, false, $"{Origin}/v1/modules/{Neighbor}")],
        };
        yield return new ReplicatePage<ModuleDescription>(null, null, [module]);
        yield return new ModuleUsage(Id, 12, now, 3, [new VersionUsage(Digest, 12, now, 3)], 1);
    }

    static ModuleVersion Registered(DateTimeOffset now) => new()
    {
        Id = Id,
        Digest = Digest,
        Size = 197_632,
        Stamp = "",
        IsOwned = true,
        PublishedBy = "anna",
        PublishedAt = now,
        Card = new ModuleCard { Task = "translation", Tags = ["lora", "french"], License = "apache-2.0" },
        Uses = 12,
        LastUsedAt = now,
        Downloads = 3,
        IsCurrent = true,
        Report = new ModuleReport
        {
            BaseModel = BaseModel,
            BaseModelDigest = new string('5', 64),
            Rank = 8,
            Alpha = 16,
            Targets = ["q", "v"],
            DType = "F32",
            Parameters = 49_152,
            Norm = 4.4,
            Layers = [],
            Sketch = [],
        },
    };

    static Problem Invalid(string field, string description) => new(
        "Input validation failed",
        $"- {field}: {description}\n",
        StatusCodes.Status422UnprocessableEntity,
        [new InvalidField("invalid_value", field, description)]);
}

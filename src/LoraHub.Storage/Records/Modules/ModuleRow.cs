using LoraHub.Modules.Versions;

namespace LoraHub.Storage.Records.Modules;

/// <summary>
/// A version of a module in the table <c>modules</c>. Long columns are last, so that a query that does not select them need not read them.
/// </summary>
sealed class ModuleRow
{
    /// <summary>The key of the row and of its words.</summary>
    public long Number { get; init; }

    public required string Id { get; init; }

    /// <summary>Empty when the folder is broken.</summary>
    public required string Digest { get; init; }

    public bool IsCurrent { get; set; }

    public required string Owner { get; init; }

    public string? BaseModel { get; set; }

    public string? Task { get; set; }

    public int? Rank { get; set; }

    public bool IsUsable { get; set; }

    public bool IsOwned { get; set; }

    public long Size { get; set; }

    public DateTimeOffset PublishedAt { get; set; }

    public long Uses { get; set; }

    public DateTimeOffset? LastUsedAt { get; set; }

    public long Downloads { get; set; }

    public double? Norm { get; set; }

    public double? Alpha { get; set; }

    public long? Parameters { get; set; }

    public string? DType { get; set; }

    public string? BaseModelDigest { get; set; }

    public string Stamp { get; set; } = "";

    public string? Source { get; set; }

    public string? Revision { get; set; }

    public string? PublishedBy { get; set; }

    public string? License { get; set; }

    /// <summary>JSON, as all lists. Null without a report.</summary>
    public string? Targets { get; set; }

    public string Tags { get; set; } = "[]";

    public string Datasets { get; set; } = "[]";

    public string? Quarantine { get; set; }

    public string? Problem { get; set; }

    public string? PromptTemplate { get; set; }

    public byte[]? Sketch { get; set; }

    /// <summary>JSON. Null without a report.</summary>
    public string? Layers { get; set; }

    public string Card { get; set; } = "";

    /// <summary>Copies everything that may change in a version, except its counts of uses and downloads.</summary>
    public void UpdateFrom(ModuleVersion version)
    {
        (Stamp, Size, IsOwned, PublishedAt) = (version.Stamp, version.Size, version.IsOwned, version.PublishedAt);
        (Source, Revision, PublishedBy) = (StoredText.Of(version.Source), StoredText.Of(version.Revision), StoredText.Of(version.PublishedBy));
        (Quarantine, Problem, IsUsable) = (StoredText.Of(version.Quarantine), StoredText.Of(version.Defect), version.Problem is null);
        UpdateFrom(version.Card);
        UpdateFrom(version.Report);
    }

    public ModuleVersion ToVersion() => new()
    {
        Id = Id,
        Digest = Digest.Length > 0 ? Digest : null,
        BaseModel = BaseModel ?? "",
        Rank = Rank ?? 0,
        Size = Size,
        Stamp = Stamp,
        IsOwned = IsOwned,
        Report = ToReport(),
        Source = Source,
        Revision = Revision,
        PublishedBy = PublishedBy,
        PublishedAt = PublishedAt,
        Quarantine = Quarantine,
        Defect = Problem,
        Card = new ModuleCard
        {
            Text = Card,
            Task = Task,
            Tags = RecordJson.Read<string[]>(Tags),
            License = License,
            Datasets = RecordJson.Read<string[]>(Datasets),
            PromptTemplate = PromptTemplate,
        },
        Uses = Uses,
        LastUsedAt = LastUsedAt,
        Downloads = Downloads,
        IsCurrent = IsCurrent,
    };

    void UpdateFrom(ModuleCard card)
    {
        (Card, Task, License, PromptTemplate) = (
            StoredText.Of(card.Text)!, StoredText.Key(card.Task), StoredText.Of(card.License), StoredText.Of(card.PromptTemplate));
        (Tags, Datasets) = (RecordJson.Write(card.Tags.Select(StoredText.Key)), RecordJson.Write(card.Datasets.Select(StoredText.Of)));
    }

    void UpdateFrom(ModuleReport? report)
    {
        (BaseModel, BaseModelDigest, DType) = (StoredText.Key(report?.BaseModel), report?.BaseModelDigest, StoredText.Of(report?.DType));
        (Rank, Alpha, Parameters, Norm, Sketch) = (report?.Rank, report?.Alpha, report?.Parameters, report?.Norm, report?.Sketch);
        Targets = report is null ? null : RecordJson.Write(report.Targets.Select(StoredText.Of));
        Layers = report is null ? null : RecordJson.Write(report.Layers);
    }

    ModuleReport? ToReport() => Layers is null ? null : new()
    {
        BaseModel = BaseModel!,
        BaseModelDigest = BaseModelDigest,
        Rank = Rank!.Value,
        Alpha = Alpha!.Value,
        Targets = RecordJson.Read<string[]>(Targets!),
        DType = DType!,
        Parameters = Parameters!.Value,
        Norm = Norm!.Value,
        Layers = RecordJson.Read<LayerReport[]>(Layers),
        Sketch = Sketch!,
    };
}

/// <summary>A tag of a version's card, in the table <c>module_tags</c>.</summary>
sealed class ModuleTagRow
{
    public required string Tag { get; init; }

    public required long Number { get; init; }
}

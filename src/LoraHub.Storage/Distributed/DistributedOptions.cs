using System.ComponentModel.DataAnnotations;

namespace LoraHub.Storage.Distributed;

/// <summary>The servers of a deployment with several processes. Without them, one process keeps everything in its data folder.</summary>
public sealed class DistributedOptions
{
    public const string Section = "Distributed";

    /// <summary>
    /// The NATS servers, with JetStream: <c>nats://user:password@host:4222</c>, several separated by commas. Default: none; this process works alone.
    /// </summary>
    public string? Nats { get; init; }

    /// <summary>The PostgreSQL database, as an Npgsql connection string. API nodes need it, workers do not. Default: none.</summary>
    public string? Postgres { get; init; }

    /// <summary>The prefix of all names on the NATS server, so that deployments can share one. Default: <c>lorahub</c>.</summary>
    [Required, RegularExpression("^[A-Za-z0-9_-]{1,32}$", ErrorMessage = "use 1 to 32 letters, digits, `_` and `-`")]
    public string Prefix { get; init; } = "lorahub";

    /// <summary>How many servers of a NATS cluster keep each stream. All of them must be up at the first start. Default: 1.</summary>
    [Range(1, 5)]
    public int Replicas { get; init; } = 1;

    /// <summary>The most bytes of result files that this process copies into its data folder. The copies used last stay. Default: 10 GiB.</summary>
    [Range(0, 1L << 50)]
    public long BlobCopies { get; init; } = 10L * 1024 * 1024 * 1024;
}

using System.ComponentModel.DataAnnotations;

namespace LoraHub.Storage.Distributed;

/// <summary>The servers that a deployment of several processes stands on. Without them one process keeps everything in its data folder.</summary>
public sealed class DistributedOptions
{
    public const string Section = "Distributed";

    /// <summary>
    /// Where NATS is, with JetStream: <c>nats://host:4222</c>, several apart by commas; user and password may be in it. Default: none, everything stays in this process.
    /// </summary>
    public string? Nats { get; init; }

    /// <summary>Where PostgreSQL is, as an Npgsql connection string. API nodes need it, workers do not. Default: none.</summary>
    public string? Postgres { get; init; }

    /// <summary>What the names of everything on the NATS server begin with, so that deployments can share it. Default: <c>lorahub</c>.</summary>
    [Required, RegularExpression("^[A-Za-z0-9_-]{1,32}$")]
    public string Prefix { get; init; } = "lorahub";

    /// <summary>On how many servers of a NATS cluster everything is kept; they must be there when it is first made. Default: 1.</summary>
    [Range(1, 5)]
    public int Replicas { get; init; } = 1;

    /// <summary>How many bytes of blobs this process keeps as copies in its data folder; those used last stay. Default: 10 GiB.</summary>
    [Range(0, 1L << 50)]
    public long BlobCopies { get; init; } = 10L * 1024 * 1024 * 1024;
}

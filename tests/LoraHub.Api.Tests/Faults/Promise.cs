using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;

namespace LoraHub.Api.Tests.Faults;

/// <summary>A prediction that the service has acknowledged, and everything that clients saw of it.</summary>
sealed class Promise(string id)
{
    readonly StringBuilder _stream = new();

    public string Id => id;

    /// <summary>Whether a cancellation was acknowledged before the client saw its end.</summary>
    public bool IsCanceled { get; set; }

    public bool HasWebhook { get; init; }

    /// <summary>The answer to its prompt if it succeeds; null for a composition.</summary>
    public string? Answer { get; set; }

    public string? Stream { get; set; }

    /// <summary>The last <c>Last-Event-ID</c> of the reader of its stream.</summary>
    public string? LastEventId { get; set; }

    /// <summary>The events that the reader received over all its connections.</summary>
    public string Read => _stream.ToString();

    /// <summary>Its webhooks, in order of arrival.</summary>
    public ConcurrentQueue<JsonObject> Told { get; } = new();

    public void Add(string block) => _stream.Append(block);
}

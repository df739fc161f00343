using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace LoraHub.Deploy.Tests;

/// <summary>YAML read as JSON, as the tools that read these files do.</summary>
static class Yaml
{
    static readonly IDeserializer Reader = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build();

    static readonly ISerializer Writer = new SerializerBuilder().JsonCompatible().Build();

    /// <param name="file">Below the repository's root.</param>
    public static JsonObject Read(string file) => Assert.Single(Documents(File.ReadAllText(Path.Combine(Repository.Root, file))));

    /// <summary>The non-empty documents of a stream; throws when one does not parse.</summary>
    public static IReadOnlyList<JsonObject> Documents(string text)
    {
        var documents = new List<JsonObject>();
        var parser = new MergingParser(new Parser(new StringReader(text)));
        parser.Consume<StreamStart>();
        while (parser.Accept<DocumentStart>(out _))
        {
            if (Reader.Deserialize(parser) is { } document)
            {
                documents.Add(JsonNode.Parse(Writer.Serialize(document))!.AsObject());
            }
        }

        return documents;
    }
}

static class JsonExtensions
{
    public static string? Text(this JsonNode node, string key) => (string?)node[key];
}

using System.Collections.Concurrent;

using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Models;
using LoraHub.Inference.T5;

namespace LoraHub.Inference.Lora;

/// <summary>The base models that modules are checked against: the shapes of their matrices and their digest, read once while their folders stay as they are.</summary>
sealed class BaseShapes(ModelFolders folders)
{
    readonly ConcurrentDictionary<string, BaseModelShapes> _known = new(StringComparer.Ordinal);

    /// <returns>Null when the model is not here, or cannot be read: then nothing can be said of modules for it.</returns>
    public BaseModelShapes? Find(string id)
    {
        if (folders.Find(id) is not { } folder)
        {
            return null;
        }

        try
        {
            var stamp = FolderModuleCatalog.Stamp(folder);
            if (!_known.TryGetValue(id, out var known) || known.Stamp != stamp)
            {
                using var checkpoint = Checkpoint.OpenModel(folder);
                _known[id] = known = new BaseModelShapes(stamp, checkpoint.Entries, ModelDigest.Of(folder));
            }

            return known;
        }
        catch (Exception exception) when (exception is CheckpointException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <param name="Stamp">Of its folder.</param>
/// <param name="Entries">All of its tensors.</param>
/// <param name="Digest">See <see cref="ModelDigest"/>.</param>
sealed record BaseModelShapes(string Stamp, IReadOnlyDictionary<string, TensorEntry> Entries, string Digest)
{
    /// <inheritdoc cref="T5Model.ShapeOf(string)"/>
    public IReadOnlyList<long>? ShapeOf(string layer) => T5Model.ShapeOf(layer, Entries);
}

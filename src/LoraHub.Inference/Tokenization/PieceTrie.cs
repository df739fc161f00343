namespace LoraHub.Inference.Tokenization;

/// <summary>A trie of the pieces. One walk finds all pieces that start at a place.</summary>
sealed class PieceTrie
{
    public const int Root = 0;

    readonly Dictionary<long, int> _edges = [];
    readonly List<int> _ids = [-1];

    /// <summary>Adds a piece. It replaces an earlier one with the same text, as in the reference.</summary>
    public void Add(string piece, int id) => _ids[NodeOf(piece)] = id;

    /// <summary>Adds a piece unless there is one with the same text.</summary>
    public void TryAdd(string piece, int id)
    {
        var node = NodeOf(piece);
        _ids[node] = _ids[node] < 0 ? id : _ids[node];
    }

    /// <summary>The longest piece that starts at a place of a text; length 0 if there is none.</summary>
    public (int Length, int Id) LongestAt(string text, int start)
    {
        var (longest, node) = ((Length: 0, Id: -1), Root);
        for (var end = start; end < text.Length && TryStep(ref node, text[end]);)
        {
            end++;
            longest = IdAt(node) is >= 0 and var id ? (end - start, id) : longest;
        }

        return longest;
    }

    public bool TryStep(ref int node, char character)
    {
        if (!_edges.TryGetValue(Edge(node, character), out var next))
        {
            return false;
        }

        node = next;
        return true;
    }

    /// <returns>The id of the piece that ends here, or −1.</returns>
    public int IdAt(int node) => _ids[node];

    int NodeOf(string piece)
    {
        var node = Root;
        foreach (var character in piece)
        {
            if (!TryStep(ref node, character))
            {
                _edges.Add(Edge(node, character), _ids.Count);
                node = _ids.Count;
                _ids.Add(-1);
            }
        }

        return node;
    }

    static long Edge(int node, char character) => ((long)node << 16) | character;
}

namespace LoraHub.Inference.Tokenization;

/// <summary>A token beside the model's pieces, or a piece that is recognized before a text is split.</summary>
/// <param name="IsSpecial">Left out of decoded text.</param>
/// <param name="IsNormalized">Matched in the normalized text, by its own normalized form.</param>
/// <param name="IsWord">Not matched inside a word.</param>
/// <param name="TakesLeft">Takes the white space before it.</param>
/// <param name="TakesRight">Takes the white space after it.</param>
sealed record AddedToken(string Text, bool IsSpecial, bool IsNormalized, bool IsWord = false, bool TakesLeft = false, bool TakesRight = false);

/// <summary>The added tokens of a tokenizer while it is loaded, by the rules of added_vocabulary.rs of tokenizers 0.13.3.</summary>
sealed class AddedVocabulary
{
    readonly Dictionary<string, int> _pieces = [];
    readonly Dictionary<string, int> _added = [];
    readonly List<AddedToken> _special = [];
    readonly List<AddedToken> _plain = [];
    readonly HashSet<string> _specialTexts = [];
    readonly Dictionary<int, AddedToken> _latest = [];
    readonly List<string> _texts;

    public AddedVocabulary(IReadOnlyList<Piece> pieces)
    {
        _texts = [.. pieces.Select(piece => piece.Text)];
        for (var id = 0; id < pieces.Count; id++)
        {
            _pieces[pieces[id].Text] = id;
        }
    }

    /// <summary>The number of ids.</summary>
    public int Count => _texts.Count;

    /// <summary>The text of each id.</summary>
    public IReadOnlyList<string> Texts => _texts;

    public IReadOnlySet<string> SpecialTexts => _specialTexts;

    public int? IdOf(string text) =>
        _added.TryGetValue(text, out var id) || _pieces.TryGetValue(text, out id) ? id : null;

    /// <summary>Adds a token. A new text gets the next id.</summary>
    public void Add(AddedToken token)
    {
        if (token.Text.Length == 0)
        {
            return;
        }

        if (token.IsSpecial && _specialTexts.Add(token.Text))
        {
            _special.Add(token);
        }

        if (IdOf(token.Text) is not { } id)
        {
            id = _texts.Count;
            _added.Add(token.Text, id);
            _texts.Add(token.Text);
            if (!_specialTexts.Contains(token.Text))
            {
                _plain.Add(token);
            }
        }

        _latest[id] = token;
    }

    /// <summary>The tokens that are matched in the text as it is given.</summary>
    public TokenMatcher Raw() => Matcher(isNormalized: false, text => text);

    /// <summary>The tokens that are matched in the normalized text.</summary>
    public TokenMatcher Normalized(Func<string, string> normalize) => Matcher(isNormalized: true, normalize);

    // When a token is matched depends on how it was added first; where it is matched, on how it was added last.
    TokenMatcher Matcher(bool isNormalized, Func<string, string> normalize)
    {
        var matcher = new TokenMatcher();
        foreach (var token in _special.Concat(_plain).Where(token => token.IsNormalized == isNormalized))
        {
            var id = IdOf(token.Text)!.Value;
            matcher.Add(normalize(token.Text), id, _latest[id]);
        }

        return matcher;
    }
}

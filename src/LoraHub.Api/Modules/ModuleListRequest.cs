using System.Globalization;
using LoraHub.Api.Http;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Modules;

/// <summary>Which modules a request's query asks for. What is not understood is refused: a filter that is ignored would show what was not asked for.</summary>
/// <param name="SimilarTo">The module whose neighbors are asked for, or null.</param>
sealed record ModuleListRequest(ModuleQuery Query, ModuleReference? SimilarTo)
{
    public const int DefaultLimit = 20, LargestLimit = 100;

    const int LongestText = 200, LargestSkip = 1_000_000;

    const string Text = "q", Owner = "owner", Base = "base_model", Task = "task", Tag = "tag", Rank = "rank", Usable = "usable", Similar = "similar_to", Limit = "limit";

    static readonly string[] Keys = [Text, Owner, Base, Task, Tag, Rank, Usable, Similar, Limit, ListCursor.Key];

    /// <returns>The query, or what is wrong with it, naming the parameter.</returns>
    public static (ModuleListRequest? Request, string? Wrong) Read(IQueryCollection given)
    {
        if (given.Keys.FirstOrDefault(key => !Keys.Contains(key, StringComparer.Ordinal)) is not null)
        {
            return (null, $"A query parameter is none of {string.Join(", ", Keys)}");
        }

        if (Array.Find(Keys, key => given[key].Count > 1 || given[key].ToString() is { Length: > LongestText } or { Length: 0 } && given.ContainsKey(key)) is { } odd)
        {
            return (null, $"Query parameter \"{odd}\" must be given once, with 1 to {LongestText} characters");
        }

        var (rank, limit, skip) = (Number(given, Rank, int.MaxValue), Number(given, Limit, LargestLimit), ListCursor.ReadSkip(given[ListCursor.Key].ToString()));
        var similarTo = given[Similar].ToString() is { Length: > 0 } id ? ModuleReference.Parse(id) : null;
        var wrong = (rank is 0) ? Must(Rank, "be a number from 1")
            : limit is 0 ? Must(Limit, $"be a number from 1 to {LargestLimit}")
            : given[Usable].ToString() is not ("" or "true" or "false") ? Must(Usable, "be true or false")
            : given.ContainsKey(ListCursor.Key) && skip is not (> 0 and <= LargestSkip) ? Must(ListCursor.Key, "be one that this service gave")
            : given.ContainsKey(Similar) && similarTo is null ? Must(Similar, "be a module's owner/name or owner/name@digest")
            : similarTo is not null && (given.ContainsKey(Text) || given.ContainsKey(ListCursor.Key)) ? Must(Similar, $"stand without {Text} and {ListCursor.Key}: it has an order of its own, on one page")
            : null;
        return wrong is not null ? (null, wrong) : (new ModuleListRequest(
            new ModuleQuery
            {
                Text = Word(given, Text),
                Owner = Word(given, Owner),
                BaseModel = Word(given, Base) is { } model ? ModelId.Find(model) ?? model : null,
                Task = Word(given, Task),
                Tag = Word(given, Tag),
                Rank = rank,
                UsableOnly = given[Usable] == "true",
                Skip = skip ?? 0,
                Limit = limit ?? DefaultLimit,
            },
            similarTo), null);
    }

    static string? Word(IQueryCollection given, string key) => given[key].ToString() is { Length: > 0 } text ? text : null;

    /// <returns>Null when it is not given, 0 when it is none from 1 to the largest.</returns>
    static int? Number(IQueryCollection given, string key, int largest) =>
        !given.ContainsKey(key) ? null
        : int.TryParse(given[key], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= largest ? number
        : 0;

    static string Must(string key, string what) => $"Query parameter \"{key}\" must {what}";
}

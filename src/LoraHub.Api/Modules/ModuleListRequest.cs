using System.Globalization;
using LoraHub.Api.Http;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Modules;

/// <summary>
/// The query of a module list. Unknown or invalid parameters are refused: an ignored filter would return modules that do not match.
/// </summary>
/// <param name="SimilarTo">The module whose neighbors are requested, or null.</param>
sealed record ModuleListRequest(ModuleQuery Query, ModuleReference? SimilarTo)
{
    public const int DefaultLimit = 20, LargestLimit = 100;

    const int LongestText = 200, LargestSkip = 1_000_000;

    const string Text = "q", Owner = "owner", Base = "base_model", Task = "task", Tag = "tag";

    const string Rank = "rank", Usable = "usable", Similar = "similar_to", Sort = "sort", Limit = "limit";

    static readonly string[] Orders = [.. Enum.GetNames<ModuleOrder>().Select(name => name.ToLowerInvariant())];

    static readonly string[] Keys = [Text, Owner, Base, Task, Tag, Rank, Usable, Similar, Sort, Limit, ListCursor.Key];

    /// <returns>The query, or an error that names the parameter.</returns>
    public static (ModuleListRequest? Request, string? Error) Read(IQueryCollection given)
    {
        if (given.Keys.FirstOrDefault(key => !Keys.Contains(key, StringComparer.Ordinal)) is not null)
        {
            return (null, $"Unknown query parameter; use {string.Join(", ", Keys)}");
        }

        if (Array.Find(Keys, key => given.ContainsKey(key) && given[key] is not [{ Length: > 0 and <= LongestText }]) is { } invalid)
        {
            return (null, $"Query parameter \"{invalid}\" must be given once, with 1 to {LongestText} characters");
        }

        var (rank, limit) = (Number(given, Rank, int.MaxValue), Number(given, Limit, LargestLimit));
        var skip = ListCursor.ReadSkip(given[ListCursor.Key].ToString());
        var similarTo = given[Similar].ToString() is { Length: > 0 } id ? ModuleReference.Parse(id) : null;
        var error = rank is 0 ? Must(Rank, "be a number from 1")
            : limit is 0 ? Must(Limit, $"be a number from 1 to {LargestLimit}")
            : given[Usable].ToString() is not ("" or "true" or "false") ? Must(Usable, "be true or false")
            : given.ContainsKey(Sort) && Order(given) is null ? Must(Sort, $"be one of {string.Join(", ", Orders)}")
            : given.ContainsKey(ListCursor.Key) && skip is not (> 0 and <= LargestSkip) ? Must(ListCursor.Key, "be one that this service issued")
            : given.ContainsKey(Similar) && similarTo is null ? Must(Similar, "be a module's owner/name or owner/name@digest")
            : similarTo is not null && (given.ContainsKey(Text) || given.ContainsKey(Sort) || given.ContainsKey(ListCursor.Key))
                ? Must(Similar, $"not be combined with {Text}, {Sort} or {ListCursor.Key}")
            : null;
        return error is not null ? (null, error) : (new ModuleListRequest(
            new ModuleQuery
            {
                Text = Word(given, Text),
                Owner = Word(given, Owner),
                BaseModel = Word(given, Base) is { } model ? ModelId.Find(model) ?? model : null,
                Task = Word(given, Task),
                Tag = Word(given, Tag),
                Rank = rank,
                UsableOnly = given[Usable] == "true",
                Order = Order(given) ?? default,
                Skip = skip ?? 0,
                Limit = limit ?? DefaultLimit,
            },
            similarTo), null);
    }

    static ModuleOrder? Order(IQueryCollection given) =>
        Array.IndexOf(Orders, given[Sort].ToString()) is >= 0 and var index ? (ModuleOrder)index : null;

    static string? Word(IQueryCollection given, string key) => given[key].ToString() is { Length: > 0 } text ? text : null;

    /// <returns>Null if the parameter is not given, 0 if it is not a number from 1 to the largest.</returns>
    static int? Number(IQueryCollection given, string key, int largest) =>
        !given.ContainsKey(key) ? null
        : int.TryParse(given[key], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= largest ? number
        : 0;

    static string Must(string key, string what) => $"Query parameter \"{key}\" must {what}";
}

using LoraHub.Api.Http;

namespace LoraHub.Api.Replicate.Models;

/// <summary>An order by time that a client asks for. Replicate's defaults hold for what it leaves out.</summary>
/// <param name="ByCreation">Whether the time is that of the first version rather than of the current one.</param>
/// <param name="IsAscending">Whether the oldest comes first.</param>
sealed record ModelOrder(bool ByCreation, bool IsAscending)
{
    public const string By = "sort_by", Direction = "sort_direction";

    public const string ByRule =
        "Sorts by time: `model_created_at` or `latest_version_created_at`, the default with `sort_direction`. Models without a version are last.";

    public static readonly string[] Bys = ["model_created_at", "latest_version_created_at"], Directions = ["asc", "desc"];

    /// <returns>Null when the request asks for no order.</returns>
    /// <exception cref="RequestRefusedException">A value is unknown.</exception>
    public static ModelOrder? Of(HttpRequest request)
    {
        var (by, direction) = (request.Query[By].ToString(), request.Query[Direction].ToString());
        InvalidField[] invalid = [.. Check(By, by, Bys), .. Check(Direction, direction, Directions)];
        return invalid.Length > 0 ? throw new RequestRefusedException(Problems.Fields(invalid))
            : by.Length == 0 && direction.Length == 0 ? null
            : new ModelOrder(by == Bys[0], direction == Directions[0]);
    }

    static IEnumerable<InvalidField> Check(string key, string value, string[] known) =>
        value.Length == 0 || known.Contains(value, StringComparer.Ordinal) ? []
        : [new InvalidField("enum", key, $"{key} must be {string.Join(" or ", known)}")];
}

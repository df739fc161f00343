using LoraHub.Core.Modules;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records.Modules;

/// <summary>Lists modules in two steps: the numbers of the page's rows, which indexes give, then those rows alone, which are long.</summary>
sealed class ModuleListing(IModuleDatabase database)
{
    public async Task<IReadOnlyList<RegisteredModule>> ListAsync(RecordsContext records, ModuleQuery query, CancellationToken cancellationToken)
    {
        var numbers = await Ordered(records, query).Skip(query.Skip).Take(query.Limit).ToListAsync(cancellationToken);
        var rows = await records.Modules.AsNoTracking().Where(row => numbers.Contains(row.Number)).ToDictionaryAsync(row => row.Number, cancellationToken);
        return [.. numbers.Where(rows.ContainsKey).Select(number => rows[number].ToRegistered())]; // one may have gone between the steps
    }

    IQueryable<long> Ordered(RecordsContext records, ModuleQuery query)
    {
        var wanted = Filtered(records, query);
        var words = SearchWords.Of(query.Text).Distinct(StringComparer.Ordinal).Take(SearchWords.MostAsked).ToArray();
        return words.Length == 0
            ? wanted.OrderBy(row => row.Id).Select(row => row.Number)
            : database.Matches(records, words)
                .Join(wanted, match => match.Number, row => row.Number, (match, row) => new { match.Distance, row.Id, row.Number })
                .OrderBy(found => found.Distance).ThenBy(found => found.Id)
                .Select(found => found.Number);
    }

    static IQueryable<ModuleRow> Filtered(RecordsContext records, ModuleQuery query)
    {
        var rows = records.Modules.Where(row => row.IsCurrent);
        if (StoredText.Of(query.Owner) is { } owner)
        {
            rows = rows.Where(row => row.Owner == owner);
        }

        if (StoredText.Key(query.BaseModel) is { } baseModel)
        {
            rows = rows.Where(row => row.BaseModel == baseModel);
        }

        if (StoredText.Key(query.Task) is { } task)
        {
            rows = rows.Where(row => row.Task == task);
        }

        if (StoredText.Key(query.Tag) is { } tag)
        {
            rows = rows.Where(row => records.ModuleTags.Where(one => one.Tag == tag).Select(one => one.Number).Contains(row.Number));
        }

        if (query.Rank is { } rank)
        {
            rows = rows.Where(row => row.Rank == rank);
        }

        return query.UsableOnly ? rows.Where(row => row.IsUsable) : rows;
    }
}

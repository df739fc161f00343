using LoraHub.Modules.Library;

namespace LoraHub.Storage.Records.Modules;

static class ModuleFilters
{
    /// <summary>The current versions that match all filters of the query but its text.</summary>
    public static IQueryable<ModuleRow> Filtered(this RecordsContext records, ModuleQuery query)
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

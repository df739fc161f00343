using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records.Modules;

/// <summary>The tables of modules. The migration of each database creates its own <c>module_words</c>.</summary>
static class ModuleTables
{
    const string Current = "is_current";

    public static void AddModules(this ModelBuilder model, string ordinal)
    {
        var modules = model.Entity<ModuleRow>();
        modules.ToTable("modules").HasKey(row => row.Number);
        modules.Property(row => row.Id).UseCollation(ordinal).IsRequired();
        modules.Property(row => row.Digest).UseCollation(ordinal);
        modules.HasIndex(row => new { row.Id, row.Digest }).IsUnique();

        // Lists are ordered by id, so the index of each filter ends with the id.
        modules.HasIndex(row => row.Id, "IX_modules_current").IsUnique().HasFilter(Current);
        modules.HasIndex(row => new { row.Owner, row.Id }).HasFilter(Current);
        modules.HasIndex(row => new { row.BaseModel, row.Id }).HasFilter(Current);
        modules.HasIndex(row => new { row.Task, row.Id }).HasFilter(Current);
        modules.HasIndex(row => new { row.Rank, row.Id }).HasFilter(Current);

        var tags = model.Entity<ModuleTagRow>();
        tags.ToTable("module_tags").HasKey(row => new { row.Tag, row.Number });
        tags.HasIndex(row => row.Number);
    }
}

using LoraHub.Core.Deployments;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records.Deployments;

/// <summary>The deployments in the table <c>deployments</c>.</summary>
sealed class RecordDeployments(RecordReads reads, IRecordWriter writer) : IDeploymentStore
{
    public Task<bool> CreateAsync(Deployment deployment, CancellationToken cancellationToken) => writer.WriteAsync(
        async records =>
        {
            await HoldAsync(records, deployment.Id, cancellationToken);
            if (await records.Deployments.AnyAsync(row => row.Id == deployment.Id, cancellationToken))
            {
                return false;
            }

            records.Deployments.Add(DeploymentRow.From(deployment with { Release = deployment.Release with { Number = 1 } }));
            await records.SaveChangesAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public Task<Deployment?> UpdateAsync(
        string id, Func<DeploymentRelease, DeploymentRelease> change, CancellationToken cancellationToken) => writer.WriteAsync(
        async records =>
        {
            await HoldAsync(records, id, cancellationToken);
            if (await FindAsync(records, id, cancellationToken) is not { } current)
            {
                return null;
            }

            var next = current with { Release = change(current.Release) with { Number = current.Release.Number + 1 } };
            records.Deployments.Update(DeploymentRow.From(next));
            await records.SaveChangesAsync(cancellationToken);
            return next;
        },
        cancellationToken);

    public Task<Deployment?> FindAsync(string id, CancellationToken cancellationToken) =>
        reads.ReadAsync(records => FindAsync(records, id, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<Deployment>> ListAsync(string? model, int skip, int limit, CancellationToken cancellationToken) =>
        reads.ReadAsync<IReadOnlyList<Deployment>>(
            async records =>
            {
                var rows = await records.Deployments.AsNoTracking().Where(row => model == null || row.Model == model)
                    .OrderByDescending(row => row.CreatedAt).ThenBy(row => row.Id).Skip(skip).Take(limit).ToListAsync(cancellationToken);
                return [.. rows.Select(row => row.ToDeployment())];
            },
            cancellationToken);

    public Task<bool> RemoveAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async records => await records.Deployments.Where(row => row.Id == id).ExecuteDeleteAsync(cancellationToken) > 0, cancellationToken);

    static Task HoldAsync(RecordsContext records, string id, CancellationToken cancellationToken) =>
        records.HoldAsync($"deployment {id}", cancellationToken);

    static async Task<Deployment?> FindAsync(RecordsContext records, string id, CancellationToken cancellationToken) =>
        (await records.Deployments.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, cancellationToken))?.ToDeployment();
}

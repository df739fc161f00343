using LoraHub.Core.Predictions;
using LoraHub.Modules.Library;
using LoraHub.Storage.Records.Modules;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Storage.Records;

static class RecordServices
{
    /// <summary>Adds the services that read and maintain the records in either database.</summary>
    /// <typeparam name="TModules">The database-specific part.</typeparam>
    /// <param name="readsAtOnce">See <see cref="RecordReads"/>.</param>
    public static IServiceCollection AddRecords<TModules>(this IServiceCollection services, int readsAtOnce)
        where TModules : DatabaseModules => services
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<RecordReads>(provider, readsAtOnce))
        .AddSingleton<RecordSignals>()
        .AddSingleton<RecordReader>()
        .AddSingleton<NewerEvents>()
        .AddSingleton<IPredictionEvents, RecordEvents>()
        .AddSingleton<IPredictionUpkeep, RecordUpkeep>()
        .AddSingleton<IDataRetention, RecordRetention>()
        .AddSingleton<IWebhookClaims, RecordWebhookClaims>()
        .AddSingleton<IModuleIndex, TModules>();
}

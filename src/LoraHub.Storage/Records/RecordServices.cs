using LoraHub.Core.Modules;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Records.Modules;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Storage.Records;

static class RecordServices
{
    /// <summary>What reads and keeps the records, whichever database they are in.</summary>
    /// <typeparam name="TModules">What is this database's own of it.</typeparam>
    public static IServiceCollection AddRecords<TModules>(this IServiceCollection services)
        where TModules : class, IModuleDatabase => services
        .AddSingleton<RecordSignals>()
        .AddSingleton<RecordReader>()
        .AddSingleton<IPredictionEvents, RecordEvents>()
        .AddSingleton<IPredictionUpkeep, RecordUpkeep>()
        .AddSingleton<IDataRetention, RecordRetention>()
        .AddSingleton<IWebhookClaims, RecordWebhookClaims>()
        .AddSingleton<IModuleDatabase, TModules>()
        .AddSingleton<ModuleListing>()
        .AddSingleton<IModuleRegistry, RecordModules>();
}

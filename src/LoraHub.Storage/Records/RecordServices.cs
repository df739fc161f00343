using LoraHub.Core.Deployments;
using LoraHub.Core.Models;
using LoraHub.Core.Predictions;
using LoraHub.Modules.Library;
using LoraHub.Storage.Records.Deployments;
using LoraHub.Storage.Records.Models;
using LoraHub.Storage.Records.Modules;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Storage.Records;

static class RecordServices
{
    /// <summary>Adds the services that read and maintain the records in either database; requires <see cref="RecordReads"/>.</summary>
    /// <typeparam name="TModules">The database-specific part.</typeparam>
    public static IServiceCollection AddRecords<TModules>(this IServiceCollection services)
        where TModules : DatabaseModules => services
        .AddSingleton<RecordSignals>()
        .AddSingleton<RecordReader>()
        .AddSingleton<NewerEvents>()
        .AddSingleton<IPredictionEvents, RecordEvents>()
        .AddSingleton<IPredictionUpkeep, RecordUpkeep>()
        .AddSingleton<IDataRetention, RecordRetention>()
        .AddSingleton<IWebhookClaims, RecordWebhookClaims>()
        .AddSingleton<RecordPins>()
        .AddSingleton<IModelStore, RecordModels>()
        .AddSingleton<IDeploymentStore, RecordDeployments>()
        .AddSingleton<IModuleIndex, TModules>();
}

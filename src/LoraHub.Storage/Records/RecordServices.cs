using LoraHub.Core.Predictions;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Storage.Records;

static class RecordServices
{
    /// <summary>What reads and keeps the records, whichever database they are in.</summary>
    public static IServiceCollection AddRecords(this IServiceCollection services) => services
        .AddSingleton<RecordSignals>()
        .AddSingleton<RecordReader>()
        .AddSingleton<IPredictionEvents, RecordEvents>()
        .AddSingleton<IPredictionUpkeep, RecordUpkeep>()
        .AddSingleton<IDataRetention, RecordRetention>()
        .AddSingleton<IWebhookClaims, RecordWebhookClaims>();
}

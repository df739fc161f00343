using LoraHub.Core.Predictions;
using LoraHub.Inference.Predictions;
using LoraHub.Modules.Versions;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>A model that is kept stays loaded until it is released.</summary>
public sealed class KeptModelTests(PredictorFixture predictions) : IClassFixture<PredictorFixture>
{
    const string Base = "lorahub/t5-mini", French = "lorahub/t5_mini-french", Loaded = "Loaded the base model lorahub/t5-mini";

    [Fact]
    public void A_kept_module_and_its_base_model_are_loaded_once()
    {
        using var predictor = Create(1L << 30);
        var log = new Lines();
        var digest = predictions.Library.DigestOf(predictions.Library.Find(new ModuleReference(French, null))!)!;

        using var kept = predictor.Keep(Base, new ModuleUse(French, digest), log);
        using var again = predictor.Keep(Base, version: null, log);

        Assert.NotNull(kept);
        Assert.NotNull(again);
        Assert.Single(log.All, line => line.StartsWith(Loaded, StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_kept_beyond_the_limit_of_memory()
    {
        using var predictor = Create(limit: 1);
        var log = new Lines();

        Assert.Null(predictor.Keep(Base, version: null, log));
        Assert.Null(predictor.Keep(Base, version: null, log));

        Assert.Equal(2, log.All.Count(line => line.StartsWith(Loaded, StringComparison.Ordinal))); // the first one was released again
    }

    [Fact]
    public void What_cannot_be_loaded_is_refused_with_the_reason()
    {
        using var predictor = Create(1L << 30);

        var missing = Assert.Throws<PredictionException>(() => predictor.Keep("nobody/nothing", version: null, new Lines()));
        var gone = Assert.Throws<PredictionException>(() => predictor.Keep(Base, new ModuleUse(French, new string('0', 64)), new Lines()));

        Assert.Contains("The base model `nobody/nothing` was not found", missing.Message, StringComparison.Ordinal);
        Assert.Contains($"The module `{French}` was changed or removed", gone.Message, StringComparison.Ordinal);
    }

    LoraHubPredictor Create(long limit) => new(
        new InferenceOptions { Precision = Precision.Fp32, ModelCacheBytes = limit },
        predictions.Library.Bases,
        predictions.Library,
        TimeProvider.System);

    sealed class Lines : IPredictionProgress
    {
        public List<string> All { get; } = [];

        public void Log(string line) => All.Add(line);

        public void Measure(string name, double value)
        {
        }
    }
}

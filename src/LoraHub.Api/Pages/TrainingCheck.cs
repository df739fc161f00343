using LoraHub.Api.Trainings;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Trainings;
using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.Tokenization;
using LoraHub.Modules.Folders;
using LoraHub.Web.Trainings;

namespace LoraHub.Api.Pages;

/// <summary>Checks a training before it is created: its inputs as its intake does, and what its data holds.</summary>
sealed class TrainingCheck(TrainingIntake intake, TrainingData data, BaseModels bases)
{
    const int Shown = 5;

    /// <summary>The most texts that are tokenized to see whether they would be cut.</summary>
    const int MostTokenized = 2000;

    public async Task<(DataPreview? Preview, IReadOnlyList<InputError> Errors)> RunAsync(TrainingRequest request, CancellationToken cancellationToken)
    {
        var (plan, errors) = await intake.CheckAsync(request, cancellationToken);
        var input = request.Prediction.Input;
        var preview = input[TrainingSchema.TrainData]?.ToString() is { } given
            ? await ReadAsync(new DataSource(given, request.Prediction.Origins), plan, cancellationToken)
            : plan is null ? null : Table(input, plan);
        return (preview, preview?.Problem is null ? errors : [.. errors.Where(error => error.Field != TrainingSchema.TrainData)]);
    }

    async Task<DataPreview> ReadAsync(DataSource source, TrainingPlan? plan, CancellationToken cancellationToken)
    {
        try
        {
            return await data.ReadAsync(
                source, content => Of(found => TrainingText.Read(content, found), plan, cancellationToken), cancellationToken);
        }
        catch (TrainingDataException exception)
        {
            return new DataPreview { Problem = exception.Message };
        }
    }

    /// <summary>The examples of the form's table.</summary>
    DataPreview Table(System.Text.Json.Nodes.JsonObject input, TrainingPlan plan)
    {
        var rows = Web.Playground.PlaygroundInput.AsGiven(input).Examples;
        return Of(_ => rows.Select(row => new TrainingExample(row.Input, row.Output)), plan, CancellationToken.None);
    }

    DataPreview Of(Func<Action<DataShape>, IEnumerable<TrainingExample>> read, TrainingPlan? plan, CancellationToken cancellationToken)
    {
        var (preview, first, lengths) = (new DataPreview(), new List<TrainingExample>(), Lengths(plan));
        var count = 0;
        try
        {
            foreach (var example in read(
                shape => preview = preview with { Format = shape.Format, Columns = (shape.Input, shape.Target), Ignored = shape.Ignored }))
            {
                cancellationToken.ThrowIfCancellationRequested();
                count++;
                lengths.Add(example);
                if (first.Count < Shown)
                {
                    first.Add(example);
                }
            }
        }
        catch (TrainingDataException exception)
        {
            preview = preview with { Problem = exception.Message };
        }

        return lengths.AddTo(preview with { Examples = count, First = first, Steps = StepsOf(plan, count), Warnings = plan?.Warnings ?? [] });
    }

    /// <summary>As far as it can be known before the data is divided; early stopping may end a training sooner.</summary>
    static int? StepsOf(TrainingPlan? plan, int examples)
    {
        if (plan?.Input.Tuning is not { } tuning || examples == 0)
        {
            return null;
        }

        var trained = Math.Max(1, examples * (1 - tuning.Validation));
        return tuning.Steps ?? (int)Math.Max(1, Math.Ceiling(tuning.Epochs!.Value * trained / Math.Min(tuning.BatchSize, trained)));
    }

    TextLengths Lengths(TrainingPlan? plan)
    {
        if (plan?.Input.Tuning is not { } tuning || bases.Find(plan.BaseModel) is not { } folder)
        {
            return new TextLengths(null, 0);
        }

        try
        {
            return new TextLengths(T5Tokenizer.Load(folder), tuning.MaxTokens);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or ModelException)
        {
            return new TextLengths(null, 0); // the training itself says what is wrong with the model
        }
    }

    /// <summary>The longest texts, and how many examples would be cut.</summary>
    sealed class TextLengths(T5Tokenizer? tokenizer, int most)
    {
        int _input, _target, _cut, _tokenized;

        public void Add(TrainingExample example)
        {
            (_input, _target) = (Math.Max(_input, example.Input.Length), Math.Max(_target, example.Target.Length));
            _cut += IsCut(example.Input) || IsCut(example.Target) ? 1 : 0;
        }

        public DataPreview AddTo(DataPreview preview) => preview with
        {
            LongestInput = _input,
            LongestTarget = _target,
            MostTokens = tokenizer is null ? null : most,
            Cut = _cut,
            IsCutComplete = _tokenized < MostTokenized,
        };

        /// <summary>A token is at least a character, and the last one ends the text.</summary>
        bool IsCut(string text) =>
            tokenizer is not null && text.Length + 1 >= most && _tokenized < MostTokenized && ++_tokenized > 0 && tokenizer.Encode(text, most).IsCut;
    }
}

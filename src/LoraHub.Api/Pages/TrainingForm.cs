using System.Text.Json.Nodes;
using LoraHub.Api.Http;
using LoraHub.Api.Modules;
using LoraHub.Api.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Uploads;
using LoraHub.Web.Playground;
using LoraHub.Web.Trainings;

namespace LoraHub.Api.Pages;

/// <summary>Reads the form of a new training.</summary>
static class TrainingForm
{
    static readonly (string, string)[] Tables = [(InputSchema.ExampleInputs, InputSchema.ExampleOutputs)];

    /// <summary>The name of the form's field with the URL of a file that was uploaded before.</summary>
    const string EarlierFile = TrainingDraft.EarlierFile;

    /// <param name="file">The file that came with the form, or null.</param>
    public static async Task<TrainingDraft> ReadAsync(HttpContext http, IFormCollection form, Upload? file, IUploadStore uploads)
    {
        var input = PlaygroundForm.Read(form, TrainingSchema.Fields, Tables);
        foreach (var field in TrainingSchema.Fields.Where(field => input[field.Name] is { } given && $"{given}" == $"{field.Default}"))
        {
            input.Remove(field.Name); // the form shows defaults; a log would warn about those without effect
        }

        if (PlaygroundForm.Text(form, TrainingSchema.Type) is { Length: > 0 } type)
        {
            input[TrainingSchema.Type] = type; // also the default: the form shows what was chosen
        }

        var url = file is null ? PlaygroundForm.Text(form, EarlierFile) : $"{Origin.Of(http.Request)}/v1/files/{file.Id}";
        if (url.Length > 0 && (file is not null || input[TrainingSchema.TrainData] is null))
        {
            input[TrainingSchema.TrainData] = url;
        }

        return await DraftAsync(http, PlaygroundForm.Text(form, ResultPublication.Destination), input, uploads);
    }

    /// <summary>What the form shows for an input, of this request or of an earlier training.</summary>
    public static async Task<TrainingDraft> DraftAsync(HttpContext http, string destination, JsonObject input, IUploadStore uploads)
    {
        var given = input[TrainingSchema.TrainData]?.ToString() ?? "";
        var file = FileReference.Of(given.Trim(), [Origin.Of(http.Request), Origin.AsSent(http.Request)]) is FileReference.Uploaded(var id)
            ? await uploads.FindAsync(id, http.RequestAborted)
            : null;
        return new TrainingDraft(destination, input, PlaygroundInput.AsGiven(input), file);
    }
}

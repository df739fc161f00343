using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Modules;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Api.Security;
using LoraHub.Api.Trainings;
using LoraHub.Core.Predictions;
using LoraHub.Core.Trainings;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Replicate.Trainings;

/// <summary>Creates trainings.</summary>
static class TrainingCreation
{
    public const string BadDestination = ResultPublication.Rule;

    public const string NameTaken = PublishEndpoint.NameTaken;

    public static async Task<IResult> PostAsync(
        string owner,
        string name,
        string version,
        HttpContext http,
        TrainingIntake intake,
        ModuleRights rights,
        [AsParameters] ReplicateServices services)
    {
        if (ReplicateCreation.RefuseSetup(services) is { } failed)
        {
            return failed;
        }

        var request = await ReplicateRequest.ReadAsync(http.Request, needsVersion: false);
        var destination = DestinationOf(request, http);
        var cancelAfter = ReplicateCreation.CancelAfterOf(http.Request);
        if (await services.Models.FindAsync($"{owner}/{name}", version, http.RequestAborted) is not { } model)
        {
            return Problems.UnknownModel(services.Models.Unknown($"{owner}/{name}", version));
        }

        if (model.Problem is { } problem)
        {
            return Problems.InvalidVersion($"`{model.Name}` cannot be trained: {problem}");
        }

        if (await RefuseAsync(destination.Module, http, services.Models, rights) is { } refusal)
        {
            return refusal;
        }

        var toCreate = ReplicateCreation.ToCreate(http, services, request, model, isTraining: true) with { CancelAfter = cancelAfter };
        var result = await intake.CreateAsync(new TrainingRequest(toCreate, destination), http.RequestAborted);
        return await ReplicateCreation.AnswerAsync(http, services, result);
    }

    /// <exception cref="RequestRefusedException">The body names none.</exception>
    static TrainingDestination DestinationOf(ReplicateRequest request, HttpContext http) =>
        Destination(request.RequiredText(ResultPublication.Destination), http);

    public static TrainingDestination Destination(string module, HttpContext http) => new(module, http.User.Identity?.Name, http.IsAdmin());

    /// <returns>The error response, or null if the token may publish there.</returns>
    public static async Task<IResult?> RefuseAsync(string destination, HttpContext http, ModelCatalog models, ModuleRights rights) =>
        !ModelId.IsValid(destination) ? Problems.Because(StatusCodes.Status404NotFound, null, BadDestination)
        : models.IsOfService(destination) ? Problems.Because(StatusCodes.Status409Conflict, null, NameTaken)
        : await rights.RefuseChangeAsync(destination, http);
}

/// <summary>The body of a training, for the OpenAPI document.</summary>
public sealed record ReplicateTrainingRequest(
    string Destination, TrainingFields Input, string? Webhook, IReadOnlyList<WebhookEvent>? WebhookEventsFilter);

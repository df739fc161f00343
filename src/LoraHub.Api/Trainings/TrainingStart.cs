using LoraHub.Api.Models;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Trainings;

/// <summary>Finds what a training starts from: the base model, and the version of a module if it goes on from one.</summary>
sealed class TrainingStart(ModelCatalog catalog, ModuleLibrary library)
{
    const string Form = "It must be the owner/name of a module, or owner/name@digest with at least 12 digits of a version's digest.";

    /// <param name="model">The model to train, or null for the composer.</param>
    /// <param name="initFrom">The input <c>init_from</c>, or null.</param>
    /// <exception cref="InputsRefusedException">It cannot start from there.</exception>
    public async Task<(string BaseModel, ModuleUse? Module)> FindAsync(CallableModel? model, string? initFrom, CancellationToken cancellationToken)
    {
        var baseModel = model?.BaseModel ?? library.DefaultBaseModel;
        if (string.IsNullOrWhiteSpace(initFrom))
        {
            return (baseModel, model?.Module is null ? null : new ModuleUse(model.Name, model.Version));
        }

        if (model?.Module is not null)
        {
            throw Refused($"The training goes on from `{model.Name}`, which it was created on; leave this out.");
        }

        var module = await FindAsync(initFrom.Trim(), cancellationToken);
        return module.BaseModel == baseModel
            ? (baseModel, new ModuleUse(module.Name, module.Version))
            : throw Refused($"`{module.Name}` is a module of `{module.BaseModel}`, not of `{baseModel}`; "
                + $"create the training on a version of `{module.Name}` instead.");
    }

    async Task<CallableModel> FindAsync(string initFrom, CancellationToken cancellationToken)
    {
        var reference = ModuleReference.Parse(initFrom.Replace(':', '@')) ?? throw Refused(Form); // the form of an output's version, too
        return await catalog.FindModuleAsync(reference, cancellationToken) switch
        {
            null when catalog.IsOfService(reference.Id) =>
                throw Refused($"`{reference.Id}` is not a module; leave this out to start from a new LoRA."),
            null => throw Refused(catalog.Unknown(reference.Id, reference.Digest)),
            { Problem: { } problem } => throw Refused($"`{reference.Id}` cannot be used: {problem}"),
            var module => module,
        };
    }

    static InputsRefusedException Refused(string message) => new(TrainingSchema.InitFrom, message);
}

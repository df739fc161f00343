using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Modules.Uploads;
using LoraHub.Api.Security;
using LoraHub.Core.Json;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Uploads;
using LoraHub.Modules.Versions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Modules;

/// <summary>Publishes uploaded modules.</summary>
sealed partial class PublishEndpoint(
    ModulePublisher publisher,
    IModuleIndex index,
    ModuleLibrary library,
    ModelCatalog catalog,
    SimilarModules similar,
    ModuleRights rights,
    IOptions<ModuleOptions> options,
    ILogger<PublishEndpoint> logger)
{
    public const string NameTaken = "This name belongs to a base model or to the composer; publish under another name.";

    /// <summary>The allowance for the form's own bytes beyond its files.</summary>
    const int FormBytes = 1024 * 1024;

    /// <summary>Creates a folder for files; the caller disposes it.</summary>
    public IncomingFolder Begin() => publisher.Begin();

    public static Task<IResult> PostAsync(string owner, string name, HttpContext http, PublishEndpoint endpoint) =>
        ModelId.IsValid($"{owner}/{name}")
            ? endpoint.PublishFormAsync($"{owner}/{name}", http, () => endpoint.OpenForm(http.Request))
            : Task.FromResult(Problems.NotFound());

    /// <summary>Publishes files as the module's current version, if the token may.</summary>
    /// <param name="fill">Puts the module's files into a folder. Returns the base model, or null for the one in the configuration.</param>
    public async Task<IResult> PublishAsync(string id, HttpContext http, Func<IncomingFolder, Task<string?>> fill)
    {
        if (catalog.IsOfService(id))
        {
            return Problems.Because(StatusCodes.Status409Conflict, null, NameTaken);
        }

        if (await rights.RefuseChangeAsync(id, http) is { } forbidden)
        {
            return forbidden;
        }

        try
        {
            using var incoming = publisher.Begin();
            var baseModel = await fill(incoming);
            UploadedFiles.Check(incoming.Path);
            return await PublishAsync(id, incoming, baseModel, http);
        }
        catch (ModuleTakenException)
        {
            return await rights.RefuseChangeAsync(id, http)
                ?? Problems.Because(StatusCodes.Status409Conflict, null, "Another upload published this module at the same time; try again.");
        }
        catch (ModuleSpellingException exception)
        {
            return Problems.Because(StatusCodes.Status409Conflict, null, exception.Message);
        }
        catch (ModuleRefusedException exception)
        {
            return Problems.Fields([new InvalidField("invalid_value", exception.FieldName, exception.Message)]);
        }
    }

    /// <summary>Opens the body of an upload. Nothing of it is read yet.</summary>
    /// <exception cref="RequestRefusedException">It is too large, or not a form.</exception>
    public FormParts OpenForm(HttpRequest request)
    {
        var limit = options.Value.MaxBytes + FormBytes;
        if (request.ContentLength > limit)
        {
            throw new RequestRefusedException(ModuleForm.TooLarge(options.Value));
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            body.MaxRequestBodySize = limit;
        }

        return FormParts.Of(request, () => ModuleForm.TooLarge(options.Value));
    }

    /// <summary>Publishes the files of a form, if the token may.</summary>
    /// <param name="open">The form's parts from the first one that has not been read. Called only if the token may.</param>
    /// <exception cref="RequestRefusedException">The form is malformed or too large.</exception>
    public Task<IResult> PublishFormAsync(string id, HttpContext http, Func<FormParts> open) => PublishAsync(id, http, async incoming =>
    {
        var parts = open();
        using var parcel = publisher.Begin();
        var form = new ModuleForm(incoming, parcel, options.Value);
        await form.ReadAsync(parts, http.RequestAborted);
        return form.BaseModel;
    });

    async Task<IResult> PublishAsync(string id, IncomingFolder incoming, string? baseModel, HttpContext http)
    {
        var origin = new ModuleOrigin(PublishedBy: http.User.Identity?.Name, IsAdmin: http.IsAdmin(), BaseModel: baseModel);
        var (published, placement) = await publisher.PublishAsync(id, incoming, origin, http.RequestAborted);
        LogPublished(id, published.Digest);

        // If another process published a version of this module in between, this one is an earlier version and is indexed later.
        var reference = new ModuleReference(id, published.Digest);
        if ((await index.FindAsync(reference, CancellationToken.None) ?? library.Find(reference)) is not { } module)
        {
            return Problems.Because(StatusCodes.Status409Conflict, null, "The module was deleted while it was being published.");
        }

        var answer = await ModulePages.WholeAsync(module, http.Request, similar, CancellationToken.None);
        http.Response.Headers.Location = answer.Urls.Get;
        var statusCode = placement == Placement.Known ? StatusCodes.Status200OK : StatusCodes.Status201Created;
        return TypedResults.Json(answer, WireJson.Options, statusCode: statusCode);
    }

    [LoggerMessage(LogLevel.Information, "Published module {Module}, version {Digest}.")]
    partial void LogPublished(string module, string? digest);
}

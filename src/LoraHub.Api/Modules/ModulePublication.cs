using LoraHub.Api.Http;
using LoraHub.Api.Modules.Uploads;
using LoraHub.Api.Replicate;
using LoraHub.Core.Modules;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Modules;

/// <summary>Takes modules in that are uploaded.</summary>
sealed class ModulePublication(
    IModuleStore store, ModuleTaking taking, IModuleRegistry registry, SimilarModules similar, IOptions<ModuleOptions> options)
{
    /// <summary>What a form may be longer than its files.</summary>
    const int FormBytes = 1024 * 1024;

    public static Task<IResult> PostAsync(string owner, string name, HttpContext http, ModulePublication publication) =>
        ModelId.IsValid($"{owner}/{name}") ? publication.PublishAsync($"{owner}/{name}", http) : Task.FromResult(Problems.NotFound());

    async Task<IResult> PublishAsync(string id, HttpContext http)
    {
        if (await ModuleRights.RefuseChangeAsync(id, http, registry) is { } forbidden)
        {
            return forbidden;
        }

        var limit = options.Value.MaxBytes + FormBytes;
        if (http.Request.ContentLength > limit)
        {
            return ModuleForm.TooLarge(options.Value);
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            body.MaxRequestBodySize = limit;
        }

        var (parts, refusal) = FormParts.Of(http.Request, () => ModuleForm.TooLarge(options.Value));
        if (parts is null)
        {
            return refusal!;
        }

        try
        {
            using var arrival = store.Begin();
            using (var parcel = store.Begin())
            {
                if (await new ModuleForm(arrival, parcel, options.Value).ReadAsync(parts, http.RequestAborted) is { } refused)
                {
                    return refused;
                }
            }

            return await TakeAsync(id, arrival, http);
        }
        catch (ModuleRefusedException exception)
        {
            return Problems.Fields([new InvalidField("invalid_value", exception.FieldName, exception.Message)]);
        }
    }

    async Task<IResult> TakeAsync(string id, ModuleArrival arrival, HttpContext http)
    {
        var (placement, module) = await taking.TakeAsync(id, arrival, http.User.Identity?.Name, http.RequestAborted);
        if (module is null)
        {
            return Problems.Because(StatusCodes.Status409Conflict, null, "The module was taken away while it was published.");
        }

        var answer = await ModulePages.WholeAsync(module, http.Request, similar, CancellationToken.None);
        http.Response.Headers.Location = answer.Urls.Get;
        return TypedResults.Json(answer, WireJson.Options, statusCode: placement == Placement.Known ? StatusCodes.Status200OK : StatusCodes.Status201Created);
    }
}

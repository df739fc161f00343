using LoraHub.Api.Http;
using LoraHub.Core;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace LoraHub.Api.Pages;

/// <summary>Marks a route whose form holds the inputs of a prediction. Other forms have a few short fields.</summary>
sealed record HoldsInputs;

/// <summary>
/// Reads the forms of pages, all of them. The first field is the form's token (<see cref="Web.Layout.PageForm"/>): without the visitor's own,
/// nothing more is read. The text is limited in total, whatever the encoding and the number of fields, and has to arrive in time: what was read
/// is held in memory until the form is complete. Only a form for files may have files.
/// </summary>
sealed class PageForms(IAntiforgery antiforgery, IOptions<AntiforgeryOptions> names, IOptions<LimitsOptions> limits, TimeProvider time)
{
    public const string ForeignForm = "This form is too old, or was not made here. Open the page again and repeat it.";

    /// <summary>The time that every form has, and the bytes a second at which a large one has to come after that.</summary>
    const int Grace = 15, Pace = 64 * 1024;

    const int TokenBytes = 1024;

    /// <summary>A token, a path, a name, a reason.</summary>
    static readonly FormLimits Short = new(16 * 1024, 30, Problems.Because(
        StatusCodes.Status413PayloadTooLarge, null, "The form has more text than its fields may have."));

    /// <summary>What a prediction may have, and the other fields: two cells for each line, and a cell with all of the text.</summary>
    readonly FormLimits _inputs = new(
        limits.Value.InputBytes + (64 * 1024),
        (int)Math.Min(200 + (2L * limits.Value.InputLines), int.MaxValue),
        Problems.Because(StatusCodes.Status413PayloadTooLarge, null, "The form has more rows or more text than a prediction may have."));

    /// <summary>Reads the form of a route without files, which then is <c>http.Request.Form</c>.</summary>
    /// <exception cref="RequestRefusedException">The form was not made here, is malformed, exceeds a limit, or came too slowly.</exception>
    public async Task ReadAsync(HttpContext http)
    {
        var isLarge = http.GetEndpoint()?.Metadata.GetMetadata<HoldsInputs>() is not null;
        http.Request.Form = await ReadAsync(http, isLarge ? _inputs : Short, fileBytes: 0, takeFile: null);
    }

    /// <summary>Reads a form with inputs and files.</summary>
    /// <param name="fileBytes">The most bytes of its files.</param>
    /// <param name="tooLarge">The answer if the form has more.</param>
    /// <param name="takeFile">Stores a file while it arrives.</param>
    /// <inheritdoc cref="ReadAsync(HttpContext)" path="/exception"/>
    public Task<FormCollection> ReadAsync(HttpContext http, long fileBytes, IResult tooLarge, Func<FormFile, CancellationToken, Task> takeFile) =>
        ReadAsync(http, _inputs with { TooLarge = tooLarge }, fileBytes, takeFile);

    /// <summary>Whether the form was made by this service for this visitor.</summary>
    /// <param name="field">The form's first field.</param>
    public Task<bool> IsOwnAsync(HttpContext http, FormField? field)
    {
        var token = field?.Name == TokenName ? field.Text ?? "" : "";
        http.Request.Form = new FormCollection(new Dictionary<string, StringValues> { [TokenName] = token }); // else all of the body would be read
        return antiforgery.IsRequestValidAsync(http);
    }

    /// <summary>The name of the field that has a form's token.</summary>
    public string TokenName => names.Value.FormFieldName;

    async Task<FormCollection> ReadAsync(HttpContext http, FormLimits form, long fileBytes, Func<FormFile, CancellationToken, Task>? takeFile)
    {
        var most = form.BodyBytes + fileBytes;
        if (http.Request.ContentLength > most)
        {
            throw form.Refusal();
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            body.MaxRequestBodySize = most;
        }

        var seconds = Grace + ((http.Request.ContentLength ?? most) / Pace);
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, late.Token);
        try
        {
            return await ReadAsync(http, form, takeFile, either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
        {
            throw new RequestRefusedException(Problems.Because(
                StatusCodes.Status408RequestTimeout, null, $"The form did not arrive within {seconds} seconds; send it again."));
        }
    }

    async Task<FormCollection> ReadAsync(
        HttpContext http, FormLimits form, Func<FormFile, CancellationToken, Task>? takeFile, CancellationToken cancellationToken)
    {
        using var source = new FormSource(http, form, cancellationToken);
        if (!await IsOwnAsync(http, await source.NextAsync(TokenBytes, cancellationToken)))
        {
            throw new RequestRefusedException(Problems.Because(StatusCodes.Status400BadRequest, null, ForeignForm));
        }

        var fields = new FormFields(form);
        while (await source.NextAsync(fields.Left, cancellationToken) is { } field)
        {
            if (field.Text is { } text)
            {
                fields.Add(field.Name, text);
                continue;
            }

            fields.Count();
            await (takeFile ?? throw new RequestRefusedException(
                Problems.Because(StatusCodes.Status400BadRequest, null, "This form takes no files.")))(field.File!.Value, cancellationToken);
        }

        return fields.ToForm();
    }
}

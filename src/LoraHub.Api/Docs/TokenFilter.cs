using LoraHub.Api.Security;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace LoraHub.Api.Docs;

/// <summary>Makes Swagger UI send the entered token to every route that may require one. The token is optional.</summary>
sealed class TokenFilter(IOptions<AuthOptions> auth) : IOperationFilter
{
    public const string Scheme = "token";

    public static OpenApiSecurityScheme Document { get; } = new()
    {
        Type = SecuritySchemeType.Http,
        Scheme = "bearer",
        Description = "A token of this service, if it has any. `lorahub tokens new NAME` creates one.",
    };

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var isOpen = context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<IAllowAnonymous>().Any();
        var isReplicate = context.ApiDescription.RelativePath!.StartsWith("v1/", StringComparison.Ordinal);
        if (!isOpen && (isReplicate || auth.Value.Bare == BareAccess.Token))
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [] }];
        }
    }
}

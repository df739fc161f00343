using LoraHub.Api.Http;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Security;

static class SecurityServices
{
    /// <summary>Adds tokens, CORS and rate limits.</summary>
    public static IServiceCollection AddSecurity(this IServiceCollection services)
    {
        services.AddOptions<AuthOptions>()
            .BindConfiguration(
                AuthOptions.Section,
                binder => binder.ErrorOnUnknownConfiguration = true) // a misspelled setting must not leave the service open
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<RateLimitOptions>().BindConfiguration(RateLimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddCors().AddOptions<CorsOptions>().Configure<IOptions<ApiOptions>>((cors, api) => Cors.Configure(cors, api.Value));
        services.AddRateLimiter(_ => { }).AddOptions<RateLimiterOptions>()
            .Configure<IOptions<RateLimitOptions>>((limiter, limits) => RateLimits.Configure(limiter, limits.Value));
        return services.AddSingleton<Tokens>().AddSingleton<PageCookie>().AddSingleton<HostRule>();
    }

    /// <summary>Adds the middleware. Rate limits run before authorization, so that guesses at a token count too, by address.</summary>
    public static void UseSecurity(this WebApplication app)
    {
        app.UseCorsWhereSet();
        app.UseTokenAuthentication();
        app.UseRateLimiter();
        app.UseRequestAuthorization();
    }
}
